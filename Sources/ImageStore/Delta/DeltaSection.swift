/// What a block of a chunk that differs is.
enum DeltaBlock: Equatable {
    /// What the old image has at the same place.
    case asBefore
    case zeros
    /// The new block of this number; new blocks are numbered in the order in which they are first needed.
    case new(UInt32)

    /// - Parameter next: the number of the new block that has not been needed yet.
    /// - Returns: nil for a block that cannot be known yet.
    init?(code: UInt32, next: inout UInt32) {
        switch code {
        case 0: self = .asBefore
        case 1: self = .zeros
        case 2:
            guard next < .max else { return nil }
            self = .new(next)
            next += 1
        default:
            guard code - 3 < next else { return nil }
            self = .new(code - 3)
        }
    }

    func code(next: inout UInt32) -> UInt32 {
        switch self {
        case .asBefore: return 0
        case .zeros: return 1
        case .new(next):
            next += 1
            return 2
        case .new(let number): return number + 3
        }
    }
}

/// A section of a delta, unpacked: number of chunks, their numbers, a code for each of their blocks, all of these 32 bits long, and
/// its new blocks.
struct DeltaSection {
    private let bytes: [UInt8]
    private let firstBlock: UInt32
    private let blocksPerChunk: Int
    private let chunks: [UInt32]
    /// The number of the first new block of each chunk, and of the first of the next section.
    private let firstBlocks: [UInt32]

    /// - Returns: nil for what cannot be one, whatever the bytes are.
    init?(_ bytes: [UInt8], firstBlock: UInt32, blocksPerChunk: Int) {
        guard bytes.count >= 4 else { return nil }
        let count = Int(bytes.number(at: 0) as UInt32)
        let codes = 4 + 4 * count
        let length = codes + 4 * count * blocksPerChunk
        guard count > 0, length <= bytes.count, (bytes.count - length).isMultiple(of: DeltaPack.block) else {
            return nil
        }
        let chunks = (0..<count).map { bytes.number(at: 4 + 4 * $0) as UInt32 }
        guard zip(chunks, chunks.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        var firstBlocks = [firstBlock]
        var next = firstBlock
        for block in 0..<count * blocksPerChunk {
            guard DeltaBlock(code: bytes.number(at: codes + 4 * block), next: &next) != nil else { return nil }
            if (block + 1).isMultiple(of: blocksPerChunk) { firstBlocks.append(next) }
        }
        guard Int(next - firstBlock) == (bytes.count - length) / DeltaPack.block else { return nil }
        self.bytes = bytes
        self.firstBlock = firstBlock
        self.blocksPerChunk = blocksPerChunk
        self.chunks = chunks
        self.firstBlocks = firstBlocks
    }

    /// What the blocks of a chunk are; nil when the section does not have it.
    func blocks(of chunk: Int) -> [DeltaBlock]? {
        let place = chunks.partition { $0 >= chunk }
        guard place < chunks.count, chunks[place] == chunk else { return nil }
        var next = firstBlocks[place]
        let codes = 4 + 4 * (chunks.count + place * blocksPerChunk)
        return (0..<blocksPerChunk).compactMap { DeltaBlock(code: bytes.number(at: codes + 4 * $0), next: &next) }
    }

    /// - Returns: false when it does not have that new block.
    func copy(_ block: UInt32, into content: UnsafeMutableRawBufferPointer) -> Bool {
        guard block >= firstBlock, block < firstBlocks[chunks.count] else { return false }
        let start = 4 + 4 * chunks.count * (1 + blocksPerChunk) + Int(block - firstBlock) * DeltaPack.block
        bytes.withUnsafeBytes { bytes in
            content.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + content.count]))
        }
        return true
    }
}

/// A section that is being made.
struct DeltaSectionDraft {
    let firstBlock: UInt32
    private(set) var nextBlock: UInt32
    private var chunks: [UInt32] = []
    private var codes: [UInt8] = []
    private var blocks: [UInt8] = []

    init(firstBlock: UInt32) { (self.firstBlock, nextBlock) = (firstBlock, firstBlock) }

    var firstChunk: UInt32? { chunks.first }
    var length: Int { codes.count + blocks.count }

    /// - Parameter new: the content of those that are needed for the first time.
    mutating func append(_ chunk: Int, _ blocks: [DeltaBlock], new: [UInt8]) {
        chunks.append(UInt32(chunk))
        for block in blocks { codes.append(block.code(next: &nextBlock)) }
        self.blocks += new
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(UInt32(chunks.count))
        for chunk in chunks { bytes.append(chunk) }
        return bytes + codes + blocks
    }
}

/// Hardware threads, by the kernel's numbers: libvirt's `cpuset`.
public struct CPUSet: Codable, Hashable, Sendable {
    /// Ascending.
    public let threads: [Int]

    public init(_ threads: some Sequence<Int>) { self.threads = Set(threads).sorted() }

    /// From the kernel's list format.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let set = text.isEmpty ? CPUSet([]) : CPUSet(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected threads such as 0,2-7, got \"\(text.prefix(80))\"")
        }
        self = set
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension CPUSet: LosslessStringConvertible {
    /// More threads than any machine has (NR_CPUS of Linux on x86 is at most 8192).
    private static let limit = 1 << 16

    /// - Parameter text: the kernel's list format.
    public init?(_ text: String) {
        var threads: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1).map { Int($0) }
            guard case let (first?, last?) = (ends.first ?? nil, ends.last ?? nil), first >= 0, first <= last,
                last < Self.limit
            else { return nil }
            threads.formUnion(first...last)
        }
        self.init(threads)
    }

    /// The kernel's list format: `0,2-7`.
    public var description: String {
        var ranges: [ClosedRange<Int>] = []
        for thread in threads {
            if let last = ranges.last, last.upperBound < thread, last.upperBound + 1 == thread {
                ranges[ranges.count - 1] = last.lowerBound...thread
            } else {
                ranges.append(thread...thread)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}

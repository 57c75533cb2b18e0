import FleetModel
import FleetRuntime
import Glibc

/// What a file's first bytes say it is. Taken from the bytes alone: a program that guesses formats would open whatever
/// other files a hostile one names.
enum ImageSignature: Equatable {
    case qcow2
    /// No format of its own: a disk's sectors.
    case none
    /// A format that hosts cannot use, by its name for people.
    case foreign(String)

    static let length = 128

    init(path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.length)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw FileError("read", path) }
        self.init(Array(bytes[..<count]))
    }

    init(_ bytes: [UInt8]) {
        if bytes.starts(with: [0x51, 0x46, 0x49, 0xFB]) {
            self = .qcow2
            return
        }
        let found = Self.known.first { bytes.dropFirst($0.offset).starts(with: $0.magic) }
        self = found.map { .foreign($0.name) } ?? .none
    }

    private static let known: [(name: String, offset: Int, magic: [UInt8])] = [
        ("a VMDK", 0, Array("KDMV".utf8)), ("a VMDK", 0, Array("COWD".utf8)),
        ("a VMDK descriptor", 0, Array("# Disk DescriptorFile".utf8)),
        ("a VHDX", 0, Array("vhdxfile".utf8)), ("a VHD", 0, Array("conectix".utf8)),
        ("a VDI", 64, [0x7F, 0x10, 0xDA, 0xBE]), ("a QED image", 0, [0x51, 0x45, 0x44, 0]),
        ("compressed with gzip", 0, [0x1F, 0x8B]), ("compressed with xz", 0, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        ("compressed with zstd", 0, [0x28, 0xB5, 0x2F, 0xFD]), ("a ZIP archive", 0, [0x50, 0x4B, 3, 4]),
    ]
}

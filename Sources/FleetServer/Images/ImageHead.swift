import Glibc

/// The first bytes of a disk image, read before any program that would follow what they say
/// (https://www.qemu.org/docs/master/interop/qcow2.html).
struct ImageHead {
    private let bytes: [UInt8]

    init(path: String) throws(UploadError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw UploadError("open", path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw UploadError("read", path) }
        self.init(Array(buffer[..<count]))
    }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isQCOW2: Bool { bytes.starts(with: [0x51, 0x46, 0x49, 0xFB]) }

    /// Why no program may open it; nil when one may.
    var refusal: String? {
        if isQCOW2 { return qcow2Refusal }
        // A VMDK descriptor names other files, and qemu-img takes any text for one that begins so.
        let isVMDK =
            bytes.starts(with: "KDMV".utf8) || bytes.starts(with: "COWD".utf8)
            || bytes.first.map { [UInt8(ascii: "#"), UInt8(ascii: " "), 0x0A, 0x0D].contains($0) } == true
        return isVMDK ? "it looks like a VMDK; convert it with 'qemu-img convert -O qcow2' first" : nil
    }

    private var qcow2Refusal: String? {
        guard bytes.count >= 104, let version = number(at: 4, width: 4), (2...3).contains(version) else {
            return "its qcow2 header is cut off or of a version that virtfleet does not know"
        }
        if number(at: 8, width: 8) != 0 {
            return "it has a backing file; flatten it with 'qemu-img convert -O qcow2' first"
        }
        // Incompatible feature bit 2; version 2 has no features.
        if version == 3, let features = number(at: 72, width: 8), features & 1 << 2 != 0 {
            return "its data lies in a second file; flatten it with 'qemu-img convert -O qcow2' first"
        }
        return nil
    }

    /// A big-endian number.
    private func number(at offset: Int, width: Int) -> UInt64? {
        guard bytes.count >= offset + width else { return nil }
        return bytes[offset..<offset + width].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

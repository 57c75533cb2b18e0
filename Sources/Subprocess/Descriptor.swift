import CProcess
import Glibc

/// A file descriptor with one owner, closed when that goes. Always close-on-exec.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }
    deinit { close(number) }

    static func pipe(for program: String) throws(SubprocessError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard vf_pipe(&ends) == 0 else {
            throw .cannotStart(program, operation: "pipe", errno: errno)
        }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    /// A file in memory that holds the input, so that nothing has to be fed to the program while it runs;
    /// /dev/null without input.
    static func input(_ bytes: [UInt8]?, for program: String) throws(SubprocessError) -> Descriptor {
        guard let bytes else {
            let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard number >= 0 else { throw .cannotStart(program, operation: "open /dev/null", errno: errno) }
            return Descriptor(number)
        }
        let number = vf_memfd("input")
        guard number >= 0 else { throw .cannotStart(program, operation: "memfd_create", errno: errno) }
        let file = Descriptor(number)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .cannotStart(program, operation: "write of its input", errno: errno)
            }
            offset += count
        }
        lseek(number, 0, SEEK_SET)
        return file
    }
}

/// A flag that a poll(2) elsewhere notices.
final class Signal: Sendable {
    private let ends: (read: Descriptor, write: Descriptor)
    var descriptor: Int32 { ends.read.number }

    init(for program: String) throws(SubprocessError) { ends = try Descriptor.pipe(for: program) }

    func raise() { _ = write(ends.write.number, "!", 1) }
}

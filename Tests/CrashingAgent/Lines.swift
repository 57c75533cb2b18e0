import Foundation
import Glibc
import Synchronization

/// A file of lines that outlives the process.
final class Lines: Sendable {
    private let descriptor: Int32
    private let known: Mutex<Set<String>>

    init(_ path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        known = Mutex(Set(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)))
    }

    deinit { close(descriptor) }

    /// - Returns: whether the line was not there yet.
    @discardableResult
    func append(_ line: String) -> Bool {
        let bytes = Array((line + "\n").utf8)
        return known.withLock { known in
            _ = write(descriptor, bytes, bytes.count)
            return known.insert(line).inserted
        }
    }
}

import Configuration
import FleetRuntime
import Glibc

/// The program of the running agent. It is apart from this one, which starts in a quarter of its time and on machines
/// without libvirt: it is linked with nothing that only the running agent needs (docs/decisions/0013).
enum DaemonProgram {
    private static let name = "virtfleet-agentd"

    /// Goes on as the daemon, in the same process.
    static func become(configuration: String) throws -> Never {
        let candidates = try candidates()
        guard let path = candidates.first(where: DurableFile.exists) else {
            throw SetupError(
                "its daemon is neither \(candidates.joined(separator: " nor ")); install virtfleet again")
        }
        // The threads of Swift's concurrency block signals, and the one that calls this would hand that on.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), strdup("--config"), strdup(configuration), nil]
        execv(path, arguments)
        throw SetupError("cannot start \(path): \(String(cString: strerror(errno)))")
    }

    /// Beside this program, where it is built, and where it is installed.
    private static func candidates() throws -> [String] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { throw SetupError("cannot read /proc/self/exe; is /proc mounted?") }
        let path = String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
        let directory = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        return ["\(directory)/\(name)", "\(directory)/../libexec/virtfleet/\(name)"]
    }
}

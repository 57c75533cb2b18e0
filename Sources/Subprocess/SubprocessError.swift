import Glibc

/// Why a program was not run to its end, or not with success.
public enum SubprocessError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No such program; `searched` is the PATH, or nil for a program named by its path.
    case notFound(String, searched: String?)
    /// A system call failed before the program ran.
    case cannotStart(String, operation: String, errno: Int32)
    case timedOut(String, after: Duration)
    case outputTooLarge(String, limit: Int)
    case cancelled(String)
    /// The program ran and exited with another status than 0.
    case failed(String, status: Int32, standardError: String)

    public var description: String {
        switch self {
        case .notFound(let program, let searched):
            "cannot find the program \(program)"
                + (searched.map { " in \($0)" } ?? "") + "; \(Self.advice(for: program))"
        case .cannotStart(let program, let operation, let code):
            "cannot start \(program): \(operation): \(String(cString: strerror(code)))"
        case .timedOut(let program, let limit): "\(program) did not end within \(limit) and was killed"
        case .outputTooLarge(let program, let limit): "\(program) wrote more than \(limit) bytes and was killed"
        case .cancelled(let program): "\(program) was killed because its caller was cancelled"
        case .failed(let program, let status, let text):
            "\(program) "
                + (status > 128 ? "was ended by signal \(status - 128)" : "exited with status \(status)")
                + (text.isEmpty ? "" : ": " + text.split(separator: "\n").suffix(5).joined(separator: "; "))
        }
    }

    private static func advice(for program: String) -> String {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        guard let package = packages[name] else { return "install the package that contains it" }
        return "install \(package)"
    }

    /// The packages of the programs that virtfleet runs.
    private static let packages = [
        "qemu-img": "qemu-utils (Debian) or qemu-img (Fedora)",
        "qemu-system-x86_64": "qemu-system-x86 (Debian) or qemu-system-x86-core (Fedora)",
        "swtpm": "swtpm",
        "prlimit": "util-linux",
        "mosquitto": "mosquitto",
        "mosquitto_passwd": "mosquitto",
    ]
}

import FleetRuntime
import Glibc

/// A program run to its end with posix_spawn: in a process group of its own, with no descriptor but its three streams,
/// and gone with everything it started when the run ends.
public struct Subprocess: Sendable {
    /// Limits the program runs under (setrlimit(2)), kept by util-linux's prlimit: posix_spawn itself sets none.
    public struct Limits: Sendable {
        public var addressSpaceBytes: UInt64?
        public var cpuSeconds: UInt64?
        public init(addressSpaceBytes: UInt64? = nil, cpuSeconds: UInt64? = nil) {
            self.addressSpaceBytes = addressSpaceBytes
            self.cpuSeconds = cpuSeconds
        }
    }

    public struct Output: Sendable {
        /// The program's name, for messages.
        public var program: String
        /// The exit status; 128 + N when signal N ended the program.
        public var status: Int32
        public var standardOutput: [UInt8]
        public var standardError: [UInt8]

        public var text: String { String(decoding: standardOutput, as: UTF8.self) }
        public var errorText: String { String(decoding: standardError, as: UTF8.self) }

        /// The output of a program that exited with 0.
        /// - Throws: `failed` with what the program wrote to standard error.
        public func successful() throws(SubprocessError) -> Output {
            guard status == 0 else { throw .failed(program, status: status, standardError: errorText) }
            return self
        }
    }

    /// Runs a program and waits for its end, off the cooperative pool.
    /// - Parameters:
    ///   - executable: a path, or a name to be found in PATH.
    ///   - environment: the whole environment; nil for this process's own.
    ///   - input: what the program reads from standard input; nil for /dev/null.
    ///   - timeout: on the monotonic clock; then the program's group is killed.
    ///   - onOutput: takes what the program has written to standard output since the last call, as soon as it is read.
    ///   - maximumOutputBytes: for each of standard output and standard error; beyond it the group is killed.
    /// - Throws: when the program cannot be run to its end. A non-zero status is a result, not an error.
    public static func run(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil, input: [UInt8]? = nil,
        limits: Limits? = nil, timeout: Duration = .seconds(60), maximumOutputBytes: Int = 16 << 20,
        onOutput: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws(SubprocessError) -> Output {
        let path = try locate(executable, in: environment)
        let command = try Command(
            program: executable, path: path, arguments: arguments, environment: environment, limits: limits)
        let run = try Run(
            command: command, input: input, timeout: timeout, maximumOutputBytes: maximumOutputBytes, onOutput: onOutput
        )
        let result = await withTaskCancellationHandler {
            await run.result()
        } onCancel: {
            run.cancellation.raise()
        }
        return try result.get()
    }

    /// The path of a program that is, or lies in a directory of PATH, and may be executed; nil when there is none.
    public static func find(_ executable: String) -> String? { try? locate(executable, in: nil) }

    static func locate(_ executable: String, in environment: [String: String]?) throws(SubprocessError) -> String {
        if executable.contains("/") {
            guard isExecutable(executable) else { throw .notFound(executable, searched: nil) }
            return executable
        }
        let search = environment?["PATH"] ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        // qemu's and swtpm's helpers lie in sbin on some distributions, which a normal user's PATH leaves out.
        for directory in search.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"] {
            let candidate = directory + "/" + executable
            if isExecutable(candidate) { return candidate }
        }
        throw .notFound(executable, searched: search)
    }

    private static func isExecutable(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}

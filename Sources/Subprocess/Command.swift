import CProcess
import Glibc

/// What posix_spawn is given: a program, its arguments and environment.
struct Command: Sendable {
    let program: String
    let path: String
    let arguments: [String]
    let environment: [String]

    init(
        program: String, path: String, arguments: [String], environment: [String: String]?, limits: Subprocess.Limits?
    ) throws(SubprocessError) {
        self.program = program
        let flags = [
            limits?.addressSpaceBytes.map { "--as=\($0)" }, limits?.cpuSeconds.map { "--cpu=\($0)" },
        ].compactMap(\.self)
        if flags.isEmpty {
            self.path = path
            self.arguments = [program] + arguments
        } else {
            self.path = try Subprocess.locate("prlimit", in: environment)
            self.arguments = ["prlimit"] + flags + ["--", path] + arguments
        }
        self.environment = environment.map { $0.map { "\($0)=\($1)" } } ?? Self.ownEnvironment()
    }

    private static func ownEnvironment() -> [String] {
        var result: [String] = []
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        while let text = entry.pointee {
            result.append(String(cString: text))
            entry += 1
        }
        return result
    }

    /// Starts the program as the leader of a new process group, with default signals and no further descriptors.
    func spawn(input: Descriptor, output: Descriptor, error: Descriptor) throws(SubprocessError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.number, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.number, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, error.number, STDERR_FILENO)
        vf_spawn_close_from(&actions, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)

        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, argv, envp)
        guard code == 0 else { throw .cannotStart(program, operation: "posix_spawn of \(path)", errno: code) }
        return pid
    }
}

import FleetRuntime
import FoundationEssentials
import Glibc
import Subprocess
import Synchronization

/// A real mosquitto for one test, on a port of its own; killed and removed with the value.
public final class MosquittoBroker: Sendable {
    public struct Settings: Sendable {
        /// Lines for mosquitto.conf.
        public var configuration: String
        /// Passwords by user name; without any, everybody may connect.
        public var passwords: [String: String]
        /// The text of the access control file.
        public var acl: String?
        /// Whether retained messages and sessions survive `restart`.
        public var persistent: Bool

        public init(
            configuration: String = "", passwords: [String: String] = [:], acl: String? = nil, persistent: Bool = true
        ) {
            self.configuration = configuration
            self.passwords = passwords
            self.acl = acl
            self.persistent = persistent
        }
    }

    public struct DidNotStart: Error, CustomStringConvertible {
        public let description: String
    }

    public let port: UInt16
    private let directory: TemporaryDirectory
    private let child: Mutex<ChildProcess>

    /// Returns when the broker accepts connections.
    public convenience init(_ settings: Settings = Settings()) async throws {
        try Isolation.require()
        let directory = try TemporaryDirectory()
        let port = LoopbackPort.free()
        try await Self.write(settings, port: port, in: directory)
        try await self.init(port: port, in: directory)
    }

    /// - Parameter directory: has the configuration as `conf`, with a listener on the port.
    init(port: UInt16, in directory: TemporaryDirectory) async throws {
        self.directory = directory
        self.port = port
        child = Mutex(try await Self.start(port, in: directory))
    }

    deinit { child.withLock { $0.signal(SIGKILL) } }

    /// SIGKILL; returns when the broker is gone.
    public func kill() async { await child.withLock { $0 }.kill() }

    /// SIGTERM: the broker saves what it keeps.
    public func stop() async { await child.withLock { $0 }.terminate() }

    /// Starts again on the same port with the same data, after `kill` or `stop`.
    public func restart() async throws {
        let new = try await Self.start(port, in: directory)
        child.withLock { $0 = new }
    }

    /// Removes what a stopped broker has kept.
    public func wipe() throws { try FileManager.default.removeItem(atPath: directory.file("mosquitto.db")) }

    /// Adds a user, and makes the broker read its password file again.
    public func add(_ user: String, password: String) async throws {
        let exit = try await ChildProcess(
            "/usr/bin/mosquitto_passwd", ["-b", directory.file("passwords"), user, password]
        ).wait()
        guard exit == .status(0) else { throw DidNotStart(description: "mosquitto_passwd \(exit)") }
        child.withLock { $0.signal(SIGHUP) }
    }

    /// Gives it another access control file; returns when it goes by that.
    public func change(acl: String) async throws {
        let mark = "Reloading config"
        let before = log.components(separatedBy: mark).count
        try Self.write(acl, to: directory.file("acl"))
        child.withLock { $0.signal(SIGHUP) }
        let reloaded = try await eventually { log.components(separatedBy: mark).count > before }
        guard reloaded else { throw DidNotStart(description: "mosquitto does not read its files again:\n\(log)") }
    }

    public var log: String { (try? String(contentsOfFile: directory.file("log"), encoding: .utf8)) ?? "" }
    public var pid: pid_t { child.withLock(\.pid) }

    private static func write(_ settings: Settings, port: UInt16, in directory: TemporaryDirectory) async throws {
        var lines = [
            "listener \(port) 127.0.0.1", "user root", "log_type all", "max_queued_messages 1000000",
            "max_inflight_messages 1000", "allow_anonymous \(settings.passwords.isEmpty)",
        ]
        if settings.persistent { lines += ["persistence true", "persistence_location \(directory.path)/"] }
        if !settings.passwords.isEmpty {
            try await write(settings.passwords, in: directory)
            lines.append("password_file \(directory.file("passwords"))")
        }
        if let acl = settings.acl {
            try write(acl, to: directory.file("acl"))
            lines.append("acl_file \(directory.file("acl"))")
        }
        try write((lines + [settings.configuration]).joined(separator: "\n") + "\n", to: directory.file("conf"))
    }

    private static func write(_ passwords: [String: String], in directory: TemporaryDirectory) async throws {
        let text = passwords.map { "\($0):\($1)\n" }.sorted().joined()
        try write(text, to: directory.file("passwords"))
        let exit = try await ChildProcess("/usr/bin/mosquitto_passwd", ["-U", directory.file("passwords")]).wait()
        guard exit == .status(0) else { throw DidNotStart(description: "mosquitto_passwd \(exit)") }
    }

    static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o600)
    }

    private static func start(_ port: UInt16, in directory: TemporaryDirectory) async throws -> ChildProcess {
        let child = try ChildProcess(
            "/usr/sbin/mosquitto", ["-c", directory.file("conf")], output: .file(directory.file("log")))
        while !LoopbackPort.accepts(port) {
            if let exit = child.exit {
                let log = (try? String(contentsOfFile: directory.file("log"), encoding: .utf8)) ?? ""
                throw DidNotStart(description: "mosquitto on port \(port) \(exit):\n\(log)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        return child
    }
}

import FleetRuntime
import FoundationEssentials
import Glibc
import Subprocess

/// The controller's own mosquitto: written its configuration, started, watched, started again when it dies, stopped
/// with the controller.
public actor EmbeddedBroker: Service {
    public nonisolated let name = "broker"
    public nonisolated let configuration: BrokerConfiguration
    private let logger: Logger
    private let time: any TimeSource
    private var credentials: [BrokerCredential]
    private var child: ChildProcess?
    /// The running broker takes SIGHUP; one that just started would die of it.
    private var acceptsReload = false

    /// - Parameters:
    ///   - configuration: with port 0 a free one is chosen; `configuration.port` says which.
    ///   - credentials: the controller's own among them.
    public init(
        _ configuration: BrokerConfiguration, credentials: [BrokerCredential], logger: Logger,
        time: any TimeSource = SystemTimeSource()
    ) {
        var configuration = configuration
        if configuration.port == 0 { configuration.port = LoopbackListener.freePort() }
        self.configuration = configuration
        self.credentials = credentials
        self.logger = logger.labelled("broker").with("port", configuration.port)
        self.time = time
    }

    /// Replaces all credentials; the running broker takes them within moments and keeps its connections.
    public func update(credentials: [BrokerCredential]) throws {
        self.credentials = credentials
        try write(configuration.passwords(credentials), to: configuration.passwordPath)
        if acceptsReload { child?.signal(SIGHUP) }
    }

    /// - Throws: `BrokerError`, when the broker cannot be started at all; later it is started again and again.
    public func run() async throws {
        guard let program = Subprocess.find("mosquitto") else { throw BrokerError.notInstalled }
        try writeFiles()
        await BrokerOrphan.end(configurationPath: configuration.configurationPath, logger: logger)
        guard LoopbackListener.mayListen(on: configuration.port) else {
            throw BrokerError.portInUse(configuration.port)
        }
        var backoff = Backoff(base: .seconds(1), cap: .seconds(30))
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            let started = time.monotonic()
            let exit = try await runOnce(program)
            if Task.isCancelled { break }
            if time.monotonic() - started > .seconds(60) { backoff.reset() }
            let delay = backoff.next(using: &generator)
            logger.error("mosquitto \(exit); starting it again in \(delay)")
            try? await time.sleep(for: delay)
        }
    }

    private func runOnce(_ program: String) async throws -> ChildProcess.Exit {
        let logger = logger
        let child = try ChildProcess(
            program, ["-c", configuration.configurationPath],
            output: .lines { BrokerLog.forward($0, to: logger) })
        self.child = child
        let written = credentials
        defer {
            self.child = nil
            acceptsReload = false
        }
        return await withTaskCancellationHandler {
            while child.exit == nil, !LoopbackListener.accepts(configuration.port) {
                try? await time.sleep(for: .milliseconds(10))
            }
            if child.exit == nil {
                acceptsReload = true
                if credentials != written { child.signal(SIGHUP) }
                logger.info("listening on 127.0.0.1")
            }
            return await child.wait()
        } onCancel: {
            // `wait` above returns when it has ended.
            Task { await child.terminate() }
        }
    }

    private func writeFiles() throws {
        try DurableFile.makeDirectory(configuration.directory, mode: 0o700)
        try write(configuration.text, to: configuration.configurationPath)
        try write(configuration.acl, to: configuration.aclPath)
        try write(configuration.passwords(credentials), to: configuration.passwordPath)
    }

    private func write(_ text: String, to path: String) throws(FileError) {
        try DurableFile.replace(path, with: text.utf8, mode: 0o600)
    }
}

/// Why the embedded broker cannot be started.
public enum BrokerError: Error, Equatable, Sendable, CustomStringConvertible {
    case notInstalled
    case portInUse(UInt16)

    public var description: String {
        switch self {
        case .notInstalled:
            "cannot start the embedded broker: there is no mosquitto; install the package mosquitto, "
                + "or name a broker in the controller's configuration"
        case .portInUse(let port):
            "cannot start the embedded broker: 127.0.0.1:\(port) is in use; see 'ss -ltnp sport = :\(port)' for by "
                + "what, and stop that or set another port in the controller's configuration"
        }
    }
}

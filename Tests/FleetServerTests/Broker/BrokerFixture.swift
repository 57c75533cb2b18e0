import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import MessageBus
import Signing
import Synchronization

@testable import FleetServer

/// An embedded broker in a directory of its own, with two hosts.
final class BrokerFixture: FleetBroker {
    static let fleet = FleetName("test")!

    let directory: TemporaryDirectory
    let broker: EmbeddedBroker
    let hostA = HostID.random()
    let hostB = HostID.random()
    let log: LogLines
    private let task: Task<Result<Void, any Error>, Never>

    init(directory: TemporaryDirectory? = nil, port: UInt16 = LoopbackPort.free()) throws {
        try Isolation.require()
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        let log = LogLines()
        self.log = log
        let broker = EmbeddedBroker(
            BrokerConfiguration(fleet: Self.fleet, directory: directory.file("broker"), port: port),
            credentials: [BrokerConfiguration.controllerUser, hostA.description, hostB.description].map(
                Self.credential),
            logger: log.logger)
        self.broker = broker
        task = Task {
            do { return .success(try await broker.run()) } catch { return .failure(error) }
        }
    }

    /// Every user's password is its name and a word.
    static func password(_ user: String) -> String { user + "-secret" }

    static func credential(_ user: String) -> BrokerCredential {
        BrokerCredential(username: user, passwordHash: BrokerPassword.hash(password(user)))
    }

    func configuration(of user: String) -> MosquittoConfiguration {
        MosquittoConfiguration(
            host: "127.0.0.1", port: broker.configuration.port, clientID: user, username: user,
            password: Self.password(user), limits: BusLimits(queuedEvents: 65_536),
            reconnect: ReconnectPolicy(base: .milliseconds(20), cap: .milliseconds(100)))
    }

    /// The process IDs of the broker.
    var processes: [pid_t] { BrokerOrphan.find(broker.configuration.configurationPath) }

    @discardableResult
    func stop() async -> Result<Void, any Error> {
        task.cancel()
        return await task.value
    }

    func end() async { await stop() }

    /// How the service ended by itself.
    func ended() async -> Result<Void, any Error> { await task.value }
}

/// The lines that a logger has written.
final class LogLines: Sendable {
    private let lines = Mutex<[(LogLevel, String)]>([])

    var logger: Logger {
        Logger(label: "test", level: .debug) { level, line in self.lines.withLock { $0.append((level, line)) } }
    }

    func atLeast(_ level: LogLevel) -> [String] { lines.withLock { $0.filter { $0.0 >= level }.map(\.1) } }
}

extension Bus {
    /// Takes events until one is picked.
    func take<Picked>(_ pick: (BusEvent) -> Picked?) async throws -> Picked {
        while let event = await events.next() { if let picked = pick(event) { return picked } }
        throw CancellationError()
    }

    /// The topics of the messages that come, up to one on the last topic.
    func topics(until last: String) async throws -> [String] {
        var topics: [String] = []
        while topics.last != last {
            topics.append(try await take { if case .message(let message) = $0 { message.topic } else { nil } })
        }
        return topics
    }
}

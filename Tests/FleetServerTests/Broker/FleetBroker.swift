import FleetModel
import FleetTestSupport
import MessageBus
import Testing

@testable import FleetServer

/// A broker with the rights of a fleet and two hosts in it.
protocol FleetBroker: Sendable {
    var hostA: HostID { get }
    var hostB: HostID { get }
    /// How a user gets in who may: a host, or the controller.
    func configuration(of user: String) -> MosquittoConfiguration
    func end() async
}

extension FleetBroker {
    func connected(_ user: String, to filters: String..., clientID: String? = nil) async throws -> MosquittoBus {
        var configuration = configuration(of: user)
        configuration.clientID = clientID ?? user
        let bus = MosquittoBus(configuration)
        for filter in filters { try await bus.subscribe(filter, qos: .atLeastOnce) }
        await bus.connect { ConnectionAttempt(will: nil) }
        _ = try await bus.take { if case .connected = $0 { () } else { nil } }
        return bus
    }

    func name(_ topic: Topic) -> String { topic.name(in: BrokerFixture.fleet) }
}

/// The brokers that share one suite.
enum FleetBrokerKind: String, CaseIterable, CustomTestStringConvertible {
    case embedded
    /// Of config/mosquitto.
    case example

    var testDescription: String { rawValue }

    func start() async throws -> any FleetBroker {
        switch self {
        case .embedded: try BrokerFixture()
        case .example: try await ExampleBroker()
        }
    }
}

/// Users are who their certificates say.
private struct ExampleBroker: FleetBroker {
    let hostA = HostID.random()
    let hostB = HostID.random()
    private let authority: CertificateAuthority
    private let broker: MosquittoBroker
    private let identities: [String: MosquittoConfiguration.TLS]

    init() async throws {
        authority = try await CertificateAuthority()
        broker = try await MosquittoBroker(example: authority)
        var identities: [String: MosquittoConfiguration.TLS] = [:]
        for user in [BrokerConfiguration.controllerUser, hostA.description, hostB.description] {
            identities[user] = try await authority.issue(user)
        }
        self.identities = identities
    }

    func configuration(of user: String) -> MosquittoConfiguration {
        MosquittoConfiguration(
            host: "127.0.0.1", port: broker.port, clientID: user, tls: identities[user],
            limits: BusLimits(queuedEvents: 65_536),
            reconnect: ReconnectPolicy(base: .milliseconds(20), cap: .milliseconds(100)))
    }

    func end() async { await broker.stop() }
}

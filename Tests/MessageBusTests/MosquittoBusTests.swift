import FleetTestSupport
import FoundationEssentials
import Glibc
import MessageBus
import Subprocess
import Testing

/// What only a real broker shows.
@Suite(.timeLimit(.minutes(2))) struct MosquittoBusTests {
    private func configuration(
        _ broker: MosquittoBroker, _ clientID: String = "client", limits: BusLimits = BusLimits()
    ) -> MosquittoConfiguration {
        MosquittoConfiguration(
            host: "127.0.0.1", port: broker.port, clientID: clientID, limits: limits,
            reconnect: ReconnectPolicy(base: .milliseconds(20), cap: .milliseconds(100)))
    }

    private func connected(_ configuration: MosquittoConfiguration) async throws -> MosquittoBus {
        let bus = MosquittoBus(configuration)
        await bus.connect { ConnectionAttempt(will: nil) }
        _ = try await bus.untilConnected()
        return bus
    }

    @Test func saysThatTheBrokerRefusedThePassword() async throws {
        let broker = try await MosquittoBroker(.init(passwords: ["host": "right"]))
        var wrong = configuration(broker)
        (wrong.username, wrong.password) = ("host", "wrong")
        let refused = MosquittoBus(wrong)
        await refused.connect { ConnectionAttempt(will: nil) }
        #expect(try await refused.untilDisconnected().contains("0x87"))
        var right = wrong
        right.password = "right"
        let accepted = try await connected(right)
        await accepted.disconnect()
        // The reason is reported once, though every attempt fails with it.
        await refused.disconnect()
        #expect(await refused.events.next() == nil)
    }

    @Test func reportsAPublishThatTheBrokerRefuses() async throws {
        let broker = try await MosquittoBroker(.init(acl: "topic read #\ntopic write allowed"))
        let bus = try await connected(configuration(broker))
        try await bus.publish("allowed", "text")
        await #expect(
            performing: { try await bus.publish("forbidden", "text") },
            throws: { if case .refused(reasonCode: 0x87, _) = $0 as? BusError { true } else { false } })
        await bus.disconnect()
    }

    @Test func failsWhatIsUnderWayWhenTheBrokerDiesAndBoundsIt() async throws {
        let broker = try await MosquittoBroker()
        let bus = try await connected(configuration(broker, limits: BusLimits(publishesUnderWay: 2)))
        kill(broker.pid, SIGSTOP)
        let outcomes = await withTaskGroup(of: BusError?.self) { group in
            for index in 0..<5 {
                group.addTask {
                    do { try await bus.publish("a", "\(index)") } catch { return error as? BusError }
                    return nil
                }
            }
            var outcomes: [BusError?] = []
            while outcomes.count < 3, let outcome = await group.next() { outcomes.append(outcome) }
            await broker.kill()
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes == [.queueFull, .queueFull, .queueFull, .connectionLost, .connectionLost])
        try await broker.restart()
        _ = try await bus.untilConnected()
        try await bus.publish("a", "sixth")
        await bus.disconnect()
    }

    @Test func noticesAConnectionThatFellSilent() async throws {
        let broker = try await MosquittoBroker()
        let relay = try TCPRelay(to: broker.port)
        defer { relay.close() }
        var settings = configuration(broker)
        settings.port = relay.port
        settings.keepAlive = .seconds(5)
        settings.connectTimeout = .seconds(1)
        let bus = try await connected(settings)
        relay.setSilent(true)
        _ = try await bus.untilDisconnected()
        #expect(try await bus.untilDisconnected().contains("no answer"))
        relay.setSilent(false)
        _ = try await bus.untilConnected()
        await bus.disconnect()
    }

    @Test func diesWithItsLastReference() async throws {
        let broker = try await MosquittoBroker()
        let watcher = try await connected(configuration(broker, "watcher"))
        try await watcher.subscribe("gone", qos: .atLeastOnce)
        do {
            let dropped = MosquittoBus(configuration(broker, "dropped"))
            await dropped.connect {
                ConnectionAttempt(will: BusMessage(topic: "gone", payload: []), willDelaySeconds: 0)
            }
            _ = try await dropped.untilConnected()
        }
        #expect(try await watcher.nextMessage().topic == "gone")
        await watcher.disconnect()
    }

    @Test func provesItselfByCertificateAndChecksTheBrokers() async throws {
        let (authority, other) = (try await CertificateAuthority(), try await CertificateAuthority())
        defer { withExtendedLifetime((authority, other)) {} }
        let (server, host) = (try await authority.issue("127.0.0.1"), try await authority.issue("host-a"))
        let broker = try await MosquittoBroker(
            .init(
                configuration: """
                    cafile \(server.caFile)
                    certfile \(try #require(server.certificateFile))
                    keyfile \(try #require(server.keyFile))
                    require_certificate true
                    use_identity_as_username true
                    """, acl: "user host-a\ntopic readwrite up/#"))
        var settings = configuration(broker)
        settings.tls = host
        let bus = try await connected(settings)
        try await bus.publish("up/text", "hello")
        await bus.disconnect()

        var deceived = host
        deceived.caFile = try await other.issue("host-a").caFile
        let nameless = MosquittoConfiguration.TLS(caFile: host.caFile)
        for (tls, reason) in [
            (deceived, "certificate verify failed"), (nameless, "no TLS connection"),
            (MosquittoConfiguration.TLS(caFile: "/missing.pem"), "/missing.pem"),
        ] {
            settings.tls = tls
            let refused = MosquittoBus(settings)
            await refused.connect { ConnectionAttempt(will: nil) }
            let said = try await refused.untilDisconnected()
            #expect(said.contains(reason), "\(said)")
            #expect(refused.statistics.connections == 0)
            await refused.disconnect()
        }
    }
}

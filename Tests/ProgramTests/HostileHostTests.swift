import FleetModel
import FleetTestSupport
import FoundationEssentials
import MessageBus
import Subprocess
import Testing

/// A host that sends rubbish to the real controller over a real broker that lets everything pass.
@Suite struct HostileHostTests {
    @Test func rubbishIsCountedAndWorkGoesOn() async throws {
        let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"]))
        let controller = try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret"))
        let host = try await controller.register("ada").host.id
        let fleet = try #require(FleetName("test"))
        var configuration = MosquittoConfiguration(
            host: "127.0.0.1", port: broker.port, clientID: "ada", username: "controller", password: "secret")
        configuration.limits.payloadBytes = 16 << 20
        let bus = MosquittoBus(configuration)
        await bus.connect { ConnectionAttempt(will: nil) }
        let connected = try await eventually { bus.statistics.connections == 1 }
        #expect(connected)

        func publish(_ payload: [UInt8], _ topic: Topic) async throws {
            try await bus.publish(BusMessage(topic: topic.name(in: fleet), payload: payload))
        }
        let invalidText: [UInt8] = Array(#"{"state":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)
        for topic in [
            Topic.presence(host), .stream(host), .metrics(host), .vm(host, .random()), .inventory(host, .cpu),
        ] {
            try await publish(invalidText, topic)
            try await publish([UInt8](repeating: UInt8(ascii: "["), count: 200_000), topic)
        }
        try await publish([UInt8](repeating: UInt8(ascii: " "), count: 10 << 20), .stream(host))
        try await publish([UInt8](repeating: UInt8(ascii: " "), count: 10 << 20), .presence(host))
        let presence = Presence(
            state: .online, session: .random(), agentVersion: "1", bootID: "boot", time: Date(), inventory: [:], vms: []
        )
        try await publish(Array(try FleetJSON.encode(presence)), .presence(host))

        try await controller.program.until("it has taken the good message behind the bad ones") {
            try await controller.client.host("ada").state == .online
        }
        let metrics = try await Subprocess.run(
            "curl",
            ["--silent", "--unix-socket", controller.directory.file("controller.sock"), "http://localhost/metrics"]
        ).text
        #expect(metrics.contains(#"virtfleet_ingest_refused_total{reason="too-large"} 2"#))
        #expect(metrics.contains(#"virtfleet_ingest_refused_total{reason="malformed"} "#))
        #expect(controller.program.exit == nil)
        await bus.disconnect()
        #expect(await controller.stop() == .status(0))
    }
}

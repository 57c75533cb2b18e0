import FleetModel
import FleetTestSupport
import Foundation
import MessageBus
import SQLite
import Signing
import Testing

/// A controller that starts where 2,000 hosts have ten retained messages each.
@Suite struct WholeFleetSystemTests {
    private static let fleet = FleetName("test")!

    @Test func aFreshControllerReadsEverythingThatIsRetained() async throws {
        let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"]))
        let controller = try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret"))
        let hosts = try await withThrowingTaskGroup(of: HostID.self) { group in
            for worker in 0..<2000 {
                if worker >= 16 { _ = try await group.next() }
                group.addTask { try await controller.register("host-\(worker)").host.id }
            }
            try await group.waitForAll()
            return try await controller.client.hosts().map(\.id)
        }
        #expect(hosts.count == 2000)
        await controller.stop()

        try await publish(hosts, broker)
        try await controller.start()
        let database = try Connection(path: controller.statePath + "/fleet.db", synchronous: .normal, readOnly: true)
        func count(_ sql: String) throws -> Int64 { try database.first(sql)?.get(0) ?? -1 }
        try await controller.program.until("everything is in the database", within: .seconds(120)) {
            try count("SELECT count(*) FROM inventory") == 16_000 && count("SELECT count(*) FROM vms") == 2000
                && count("SELECT count(*) FROM hosts WHERE state = 'online'") == 2000
        }
        #expect(try count("SELECT count(*) FROM refused_payloads") == 0)
        await controller.stop()
    }

    /// A presence, eight parts of inventory and one VM for each host.
    private func publish(_ hosts: [HostID], _ broker: MosquittoBroker) async throws {
        let bus = MosquittoBus(
            MosquittoConfiguration(
                host: "127.0.0.1", port: broker.port, clientID: "loader", username: "controller", password: "secret"))
        await bus.connect { ConnectionAttempt(will: nil) }
        guard case .connected = await bus.events.next() else {
            throw ProgramUnderTest.Failure("no connection to the broker:\n\(broker.log)")
        }
        let parts = InventoryPart.allCases.prefix(8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, host) in hosts.enumerated() {
                if number >= 50 { _ = try await group.next() }
                group.addTask {
                    let text = Array(#"{"number":\#(number)}"#.utf8)
                    let digest = SHA256Hasher.digest(of: text)
                    let vm = VMDocument(
                        id: VMID(UUID()), name: "office", state: .running, memoryBytes: 1 << 30, vcpus: 2,
                        persistent: true, autostart: false)
                    let presence = Presence(
                        state: .online, session: SessionID(UUID()), agentVersion: "test", bootID: "test", time: Date(),
                        inventory: Dictionary(uniqueKeysWithValues: parts.map { ($0, digest) }), vms: [vm.id])
                    func send(_ topic: Topic, _ payload: [UInt8], _ digest: Digest? = nil) async throws {
                        try await bus.publish(
                            BusMessage(
                                topic: topic.name(in: Self.fleet), payload: payload, retain: true,
                                userProperties: digest.map { [.init(InventoryPart.digestProperty, "\($0)")] } ?? []))
                    }
                    try await send(.presence(host), Array(FleetJSON.encode(presence)))
                    try await send(.vm(host, vm.id), Array(FleetJSON.encode(vm)))
                    for part in parts { try await send(.inventory(host, part), text, digest) }
                }
            }
            try await group.waitForAll()
        }
        await bus.disconnect()
    }
}

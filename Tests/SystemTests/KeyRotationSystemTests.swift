import FleetModel
import FleetTestSupport
import Foundation
import Signing
import Subprocess
import Testing

/// From one signing key to the next with the real programs, one host there and one away.
@Suite struct KeyRotationSystemTests {
    @Test func hostsFollowToTheNextKeyAndTheOldOneCommandsNothingAnyMore() async throws {
        let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"]))
        let controller = try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret"))
        func agent(_ name: String, libvirt: String) async throws -> AgentUnderTest {
            let registration = try await controller.register(name)
            try await broker.add(registration.host.id.description, password: registration.password)
            let agent = try AgentUnderTest(registration, of: controller, libvirt: libvirt)
            try await agent.start()
            return agent
        }
        let ada = try await agent("ada", libvirt: "test:///default")
        try await ada.program.until("its VM is known") { try await controller.client.vms().count == 1 }
        let vm = try await controller.client.vms()[0].vm.id
        func run(_ kind: JobKindName, _ arguments: some Encodable) async throws {
            let job = try await controller.client.requestJob(
                JobRequest(host: "ada", kind: kind.rawValue, arguments: FleetJSON.value(arguments)))
            #expect(try await controller.client.waitForJob(job.id).state == .succeeded, "\(ada.program.log)")
        }
        try await run(.vmStop, StopArguments(vm: vm, force: true))
        // Away when the change begins, and without a hypervisor: both hosts' VMs would be the same.
        let bob = try await agent("bob", libvirt: "qemu:///system?socket=/nonexistent")
        #expect(await bob.stop() == .status(0))

        let old = try KeyRing(path: controller.statePath + "/signing.pem")
        let oldID = old.verifyingKeys[0].keyID
        let rotated = try await controller.virtfleet("key", "rotate", "-o", "name")
        #expect(rotated.status == 0 && rotated.text.split(separator: "\n").count == 2, "\(rotated.errorText)")
        await controller.kill()
        try await controller.start()
        #expect(try await controller.virtfleet("key", "rotate").status == 6, "one is under way")
        try await ada.program.until("ada trusts the new key") {
            try await controller.client.keys().last?.hosts.map(\.description) == ["ada"]
        }
        try await run(.vmStart, VMArguments(vm: vm))

        let early = try await controller.virtfleet("key", "retire", oldID, "--yes")
        #expect(early.status == 6 && early.errorText.contains("bob") && !early.errorText.contains("ada"))
        try await bob.start()
        try await bob.program.until("bob trusts the new key") {
            try await controller.client.keys().last?.missing.isEmpty == true
        }
        let retired = try await controller.virtfleet("key", "retire", oldID, "--yes")
        #expect(retired.status == 0, "\(retired.errorText)")
        for agent in [ada, bob] {
            try await agent.program.until("it trusts the new key alone") {
                agent.program.log.contains("trusts the controller's keys \(try await controller.client.keys()[0].id) ")
            }
        }
        try await run(.vmStop, StopArguments(vm: vm, force: true))
        try await run(.vmStart, VMArguments(vm: vm))
        #expect(await controller.stop() == .status(0))

        // Whoever holds the old key, and the broker.
        let stop = Job(
            id: JobID("01ARZ3NDEKTSV4RRFFQ69G1001")!, kind: JobKindName.vmStop.rawValue,
            arguments: try FleetJSON.value(StopArguments(vm: vm, force: true)), expiresAt: Date() + 3600)
        let set = JobSet(
            fleet: FleetName("test")!, host: ada.host, revision: 1000, issuedAt: Date(), expiresAt: Date() + 3600,
            jobs: [stop])
        let takeover = DesiredState(
            fleet: FleetName("test")!, host: ada.host, revision: 1000, issuedAt: Date(), expiresAt: Date() + 3600,
            policies: [], keys: old.verifyingKeys)
        try await broker.publish(old.seal(takeover), .desired(ada.host))
        try await broker.publish(old.seal(set), .jobs(ada.host))
        try await ada.program.until("both are refused") {
            ada.program.log.components(separatedBy: ": no-key: ").count == 3
        }
        #expect(await ada.stop() == .status(0))
        try await controller.start()
        try await ada.start()
        try await ada.program.until("the controller is told") {
            try await controller.client.events(host: "ada", type: .securityRefused).count >= 2
        }
        #expect(try await controller.client.vms().first { $0.vm.id == vm }?.vm.state == .running)
        #expect(try await controller.client.jobs(host: "ada").allSatisfy { $0.state == .succeeded })
        for agent in [ada, bob] { #expect(await agent.stop() == .status(0)) }
        #expect(await controller.stop() == .status(0))
    }
}

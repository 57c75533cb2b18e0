import FleetModel
import FleetTestSupport
import Foundation
import Signing
import Subprocess
import Testing

/// Whoever holds the broker can delay and drop, and command nothing.
@Suite struct HostileBrokerSystemTests {
    @Test func whatTheBrokerReplaysMixesAndForgesChangesNothingAndIsTold() async throws {
        let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"]))
        let controller = try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret"))
        func agent(_ name: String) async throws -> AgentUnderTest {
            let registration = try await controller.register(name)
            try await broker.add(registration.host.id.description, password: registration.password)
            let agent = try AgentUnderTest(registration, of: controller, libvirt: "test:///default")
            try await agent.start()
            return agent
        }
        let ada = try await agent("ada")
        try await ada.program.until("its VM is known") { try await controller.client.vms().count == 1 }
        let vm = try #require(try await controller.client.vms().first { $0.host == ada.host }).vm.id
        func run(_ kind: JobKindName, _ arguments: some Encodable) async throws {
            let job = try await controller.client.requestJob(
                JobRequest(host: "ada", kind: kind.rawValue, arguments: FleetJSON.value(arguments)))
            #expect(try await controller.client.waitForJob(job.id).state == .succeeded)
        }
        let (jobs, desired) = (Topic.jobs(ada.host), Topic.desired(ada.host))
        try await run(.vmStop, StopArguments(vm: vm, force: true))
        let first = try await broker.retained(jobs)
        try await run(.vmStart, VMArguments(vm: vm))
        let second = try await broker.retained(jobs)
        #expect(first != second)
        let bob = try await agent("bob")
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")

        var forged = first
        forged[forged.count / 3] ^= 1
        let stop = Job(
            id: JobID("01ARZ3NDEKTSV4RRFFQ69G1001")!, kind: JobKindName.vmStop.rawValue,
            arguments: try FleetJSON.value(StopArguments(vm: vm, force: true)), expiresAt: Date() + 3600)
        let set = JobSet(
            fleet: FleetName("test")!, host: ada.host, revision: 1000, issuedAt: Date(), expiresAt: Date() + 3600,
            jobs: [stop])
        let foreign = try Envelope(
            signing: [UInt8](FleetJSON.encode(set)), type: JobSet.payloadType, with: [.generate()]
        ).json()
        let attacks: [(what: String, payload: [UInt8], topic: Topic, agent: AgentUnderTest)] = [
            ("an older set again", first, jobs, ada), ("another host's", second, .jobs(bob.host), bob),
            ("a changed one", forged, jobs, ada), ("one of another key", foreign, jobs, ada),
            ("a job set as desired state", second, desired, ada), ("no envelope at all", [0, 1, 2], desired, ada),
        ]
        for (what, payload, topic, agent) in attacks {
            let before = agent.program.log.components(separatedBy: "refused a ").count
            try await broker.publish(payload, topic)
            try await agent.program.until("\(what) is refused") {
                agent.program.log.components(separatedBy: "refused a ").count > before
            }
        }
        // Nothing ran, and the newest set, delivered again, is no news.
        try await broker.publish(second, jobs)
        try await controller.start()
        try await ada.program.until("the controller is told of all") {
            try await controller.client.events(type: .securityRefused).count == attacks.count
        }
        #expect(try await controller.client.vms().first { $0.vm.id == vm && $0.host == ada.host }?.vm.state == .running)
        #expect(try await controller.client.jobs(host: "ada").count == 2)
        // The controller's word still counts. Both hosts' VMs are libvirt's `test`, so the other has to go first.
        #expect(await bob.stop() == .status(0))
        _ = try await controller.virtfleet(["host", "remove", "bob", "--yes"])
        try await run(.vmStop, StopArguments(vm: vm, force: true))
        #expect(await ada.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
    }
}

import FleetModel
import FleetTestSupport
import Foundation
import Subprocess
import Testing

/// A machine whose host was removed and added again is another host: what the old one was asked for is over.
@Suite struct ReenrolmentSystemTests {
    @Test(arguments: [true, false]) func nothingOfTheOldIdentityIsDoneOrToldAgain(keepsState: Bool) async throws {
        let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"]))
        let controller = try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret"))
        func agent(statePath: String? = nil) async throws -> AgentUnderTest {
            let registration = try await controller.register("ada")
            try await broker.add(registration.host.id.description, password: registration.password)
            let agent = try AgentUnderTest(
                registration, of: controller, libvirt: "test:///default", statePath: statePath)
            try await agent.start()
            // A life of this libvirt begins with one VM, which runs.
            try await agent.program.until("its VM is known") {
                try await controller.client.vms().contains { $0.host == agent.host && $0.vm.state == .running }
            }
            return agent
        }
        let old = try await agent()
        let vm = try await controller.client.vms()[0].vm.id
        func ask(_ kind: JobKindName, _ arguments: some Encodable, notBefore: Date? = nil) async throws -> JobID {
            try await controller.client.requestJob(
                JobRequest(
                    host: "ada", kind: kind.rawValue, arguments: FleetJSON.value(arguments), notBefore: notBefore)
            ).id
        }
        let done = try await ask(.vmSuspend, VMArguments(vm: vm))
        #expect(try await controller.client.waitForJob(done).state == .succeeded)
        let due = Date() + 30
        let queued = try await ask(.vmStop, StopArguments(vm: vm, force: true), notBefore: due)
        try await old.program.until("the agent has the job that waits") {
            try await controller.client.job(queued).state == .waiting
        }
        await old.kill()
        /// How often the controller was sent what the old host says of itself.
        func words() -> Int {
            broker.log.split(separator: "\n").count {
                $0.contains("Sending PUBLISH to controller ") && $0.contains("\(old.host)/presence")
                    && !$0.contains("(0 bytes)")
            }
        }
        let before = words()
        let offered = try await ask(.vmStop, StopArguments(vm: vm, force: true))
        try await controller.program.until("the other is offered") {
            try await controller.client.job(offered).state == .offered
        }

        #expect(try await controller.virtfleet("host", "remove", "ada", "--yes").status == 0)
        let new = try await agent(statePath: keepsState ? old.statePath : nil)
        #expect(new.host != old.host)
        #expect(try await controller.client.queue(of: "ada").isEmpty)
        #expect(try await controller.client.jobs(host: "ada").isEmpty)
        let former = "\(old.statePath)/former/\(old.host)"
        #expect(new.program.log.contains("kept in \(former)") == keepsState, "\(new.program.log)")
        #expect(FileManager.default.fileExists(atPath: former + "/journal.db") == keepsState)

        // The will of the old host comes late, and stays no longer than anything else of it.
        try await controller.program.until("the old host's will has come", within: .seconds(120)) {
            words() > before
        }
        var kept: Set<String> = []
        let keepsNothing = try await eventually {
            kept = try await broker.retainedTopics().filter { $0.contains(old.host.description) }
            return kept.isEmpty
        }
        #expect(keepsNothing, "\(kept)")
        // When the old job would have been due, the new host still has its turns.
        if case let rest = due.timeIntervalSinceNow, rest > 0 { try await Task.sleep(for: .seconds(rest)) }
        let fence = try await ask(.vmStart, VMArguments(vm: vm))
        #expect(try await controller.client.waitForJob(fence).state == .succeeded)
        #expect(try await controller.client.vms().first { $0.host == new.host }?.vm.state == .running)
        #expect(try await controller.client.jobs(host: "ada").map(\.id) == [fence])
        let reports = try await controller.client.events(host: "ada", type: .jobStatus).map { $0.body["job"] }
        #expect(!reports.isEmpty && reports.allSatisfy { $0 == .string(fence.description) })
        #expect(!controller.program.log.contains("older copy"), "another host's revisions prove nothing")
        #expect(await new.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
    }
}

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

    @Test func whatTheBrokerHoldsBackCostsTimeAndNothingElse() async throws {
        let fleet = FleetName("test")!
        let acl = "user controller\ntopic readwrite #\n"
        let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"], acl: acl))
        let controller = try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret"))
        let registration = try await controller.register("ada")
        let host = registration.host.id
        let (jobs, desired) = (Topic.jobs(host), Topic.desired(host))
        let open = acl + "user \(host)\ntopic readwrite #\n"
        let frozen = [jobs, desired].reduce(open) { $0 + "topic deny \($1.name(in: fleet))\n" }
        try await broker.add(host.description, password: registration.password)
        try await broker.change(acl: open)
        let agent = try AgentUnderTest(registration, of: controller, libvirt: "test:///default")
        try await agent.start()
        try await agent.program.until("its VM is known") { try await controller.client.vms().count == 1 }
        let vm = try await controller.client.vms()[0].vm.id
        func ask(_ kind: JobKindName, _ arguments: some Encodable, notBefore: Date? = nil) async throws -> JobID {
            try await controller.client.requestJob(
                JobRequest(
                    host: "ada", kind: kind.rawValue, arguments: FleetJSON.value(arguments), notBefore: notBefore)
            ).id
        }
        let stopArguments = StopArguments(vm: vm, force: true)
        #expect(try await controller.client.waitForJob(ask(.vmStop, stopArguments)).state == .succeeded)
        let files = try TemporaryDirectory()
        try Data("recurrence: FREQ=DAILY\ntimeZone: UTC\n".utf8).write(to: URL(filePath: files.file("nightly.yaml")))
        #expect(try await controller.virtfleet("policy", "apply", files.file("nightly.yaml")).status == 0)
        let later = try await ask(.vmStart, VMArguments(vm: vm), notBefore: Date() + 10)
        try await agent.program.until("the agent has the policy, and the job that waits for its time") {
            try await controller.client.job(later).state == .waiting
                && agent.program.log.contains("took desired state 1 with 1 policies")
        }

        // From here on newer ones do not reach the host. It goes on with what it has.
        try await broker.change(acl: frozen)
        let held = try await ask(.vmStop, stopArguments)
        #expect(try await controller.virtfleet("policy", "delete", "nightly", "--yes").status == 0)
        try await controller.program.until("both are with the broker") {
            try await controller.client.job(held).state == .offered
                && controller.program.log.contains("published desired state 2")
        }
        #expect(try await controller.client.waitForJob(later).state == .succeeded)
        #expect(try await controller.client.job(held).state == .offered)
        #expect(!agent.program.log.contains("took desired state 2"))
        let late = (jobs: try await broker.retained(jobs), desired: try await broker.retained(desired))
        #expect(await controller.stop() == .status(0))

        // What the controller could have signed meanwhile.
        let ring = try KeyRing(path: controller.statePath + "/signing.pem")
        let opened = try Envelope(json: late.jobs, maximumBytes: 1 << 20).open(
            expectedType: JobSet.payloadType, keys: ring.verifyingKeys)
        let revision = try FleetJSON.decode(JobSet.self, from: Data(opened)).revision
        let soon = Date() + 2
        func stop(_ number: Int, expiresAt: Date) throws -> Job {
            Job(
                id: JobID("01ARZ3NDEKTSV4RRFFQ69G\(1000 + number)")!, kind: JobKindName.vmStop.rawValue,
                arguments: try FleetJSON.value(stopArguments), expiresAt: expiresAt)
        }
        func set(_ step: UInt64, expiresAt: Date = Date() + 3600, _ jobs: [Job]) throws -> [UInt8] {
            try ring.seal(
                JobSet(
                    fleet: fleet, host: host, revision: revision + step, issuedAt: Date(), expiresAt: expiresAt,
                    jobs: jobs))
        }
        let expiredSet = try set(1, expiresAt: soon, [stop(1, expiresAt: Date() + 3600)])
        let expiredJob = try set(2, [stop(2, expiresAt: soon)])
        let (earlier, newest) = (try set(3, [stop(3, expiresAt: Date() + 3600)]), try set(4, []))
        let expiredState = try ring.seal(
            DesiredState(
                fleet: fleet, host: host, revision: 3, issuedAt: Date(), expiresAt: soon, policies: [],
                keys: ring.verifyingKeys))
        try await Task.sleep(for: .seconds(max(0, soon.timeIntervalSinceNow) + 0.1))

        // It lets go of them, in an order of its own.
        try await broker.change(acl: open)
        func expect(_ line: String, after payload: [UInt8], on topic: Topic) async throws {
            let before = agent.program.log.components(separatedBy: line).count
            try await broker.publish(payload, topic)
            try await agent.program.until("it says: \(line)") {
                agent.program.log.components(separatedBy: line).count > before
            }
        }
        try await expect("refused a job set: expired", after: expiredSet, on: jobs)
        try await expect("refused a desired state: expired", after: expiredState, on: desired)
        try await expect("took desired state 2 with 0 policies", after: late.desired, on: desired)
        try await expect("vm.stop expired", after: expiredJob, on: jobs)
        try await expect("took job set \(revision + 4)", after: newest, on: jobs)
        try await expect("refused a job set: stale-revision", after: earlier, on: jobs)
        try await expect("refused a job set: stale-revision", after: late.jobs, on: jobs)
        #expect(agent.program.log.components(separatedBy: "vm.stop succeeded").count == 2, "the very first alone")

        // The controller goes on above all of that.
        try await controller.start()
        #expect(try await controller.client.waitForJob(held).state == .succeeded)
        // Its own next set was below what the host had by then, and is told with the rest.
        try await agent.program.until("the controller is told of all") {
            let told = try await controller.client.events(type: .securityRefused).map { $0.body["what"] }
            return told.count { $0 == .string("expired") } == 2
                && told.count { $0 == .string("stale-revision") } >= 2
        }
        #expect(await agent.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
    }
}

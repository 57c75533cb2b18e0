import FleetFiles
import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Testing

/// The real controller with its database and broker, killed again and again while a rollout goes through its waves.
@Suite struct RolloutKillSystemTests {
    private static let hosts = 8
    private static let rounds = 6

    @Test func goesOnWhereItWas() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let controller = try await ControllerUnderTest()
        let hosts = try await playedHosts(Self.hosts, of: controller)
        var intent = RolloutIntent()
        intent.kind = JobKindName.vmStart.rawValue
        (intent.waves, intent.soak, intent.concurrency) = ([.count(2)], .seconds(1), 2)
        let file = controller.directory.file("all.yaml")
        try Data(try FleetJSON.encode(try intent.document())).write(to: URL(filePath: file))
        let plan = try await controller.virtfleet("rollout", "plan", file, "-o", "json")
        #expect(plan.status == 0, "\(plan.errorText)")
        let applied = try await controller.virtfleet("rollout", "apply", file, "--yes")
        #expect(applied.status == 0, "\(applied.errorText)")

        let name = try #require(ResourceName("all"))
        var kills = 0
        var isPaused = false
        while true {
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...900, using: &random)))
            await controller.kill()
            kills += 1
            try await controller.start()
            let rollout = try await controller.client.rollout(name)
            if rollout.state == .finished { break }
            // A pause, too, is where it was.
            #expect(isPaused == (rollout.state == .paused), "\(rollout.state)")
            if Int.random(in: 0..<4, using: &random) == 0 || isPaused {
                let answer = try await controller.virtfleet("rollout", isPaused ? "resume" : "pause", "all")
                if answer.status == 0 {
                    isPaused.toggle()
                } else {
                    #expect(try await controller.client.rollout(name).state == .finished, "\(answer.errorText)")
                }
            }
            try #require(kills < 200, "\(rollout)")
        }
        let rollout = try await controller.client.rollout(name)
        #expect(rollout.hosts == [.succeeded: Self.hosts], "after \(kills) kills")
        // Whatever was asked again was asked with the same job, or with another one after the first was taken back.
        let jobs = try await controller.client.jobs()
        for host in hosts {
            let own = jobs.filter { $0.hostName.description == host.name }
            #expect(own.count { $0.state == .succeeded } == 1, "\(own)")
            #expect(own.allSatisfy { $0.state == .succeeded || $0.state == .withdrawn }, "\(own)")
            #expect(host.done.count == Set(host.done).count)
        }
        for host in hosts { await host.stop() }
        await controller.stop()
    }

    /// The halt, and each word of an operator, with the controller killed in the middle: it has happened, or it has not.
    @Test func everyTransitionHappensOrNot() async throws {
        let controller = try await ControllerUnderTest()
        let hosts = try await playedHosts(Self.hosts, of: controller, failures: 1)
        var intent = RolloutIntent()
        intent.kind = JobKindName.vmStart.rawValue
        (intent.waves, intent.soak, intent.concurrency) = ([.count(2)], .seconds(2), 2)
        (intent.canary.count, intent.failureThreshold) = (.count(0), .count(0))
        let first = try #require(ResourceName("first"))
        try await apply(first, intent, controller)

        let halted = try await killed(controller, first, while: {}, until: { $0.state == .halted })
        // The wave's other host had its turn, or was not begun with and is taken back.
        let pending = halted.hosts[.pending, default: 0]
        #expect(halted.hosts[.failed] == 1 && (Self.hosts - 2..<Self.hosts).contains(pending), "\(halted)")
        try await asked(.resume, of: first, controller) { $0.state == .running || $0.state == .soaking }
        try await asked(.pause, of: first, controller) { $0.state == .paused }
        try await asked(.resume, of: first, controller) { $0.state != .paused }
        let client = controller.client
        _ = try await killed(
            controller, first, while: { _ = try? await client.retryRollout(first, RolloutRetry()) },
            until: { $0.hosts[.failed] == nil })
        let finished = try await killed(controller, first, while: {}, until: { $0.state == .finished })
        #expect(finished.hosts == [.succeeded: Self.hosts])
        #expect(hosts.map(\.done.count) == [2] + Array(repeating: 1, count: Self.hosts - 1))

        let second = try #require(ResourceName("second"))
        try await apply(second, intent, controller)
        try await asked(.abort, of: second, controller) { [.aborting, .aborted].contains($0.state) }
        let aborted = try await killed(controller, second, while: {}, until: { $0.state == .aborted })
        let done = hosts.map(\.done)
        #expect(aborted.hosts[.succeeded, default: 0] + aborted.hosts[.skipped, default: 0] == Self.hosts, "\(aborted)")
        #expect(aborted.hosts[.skipped, default: 0] >= Self.hosts - 2)
        // Nothing begins afterwards.
        try await Task.sleep(for: .seconds(2))
        #expect(hosts.map(\.done) == done)
        for host in hosts { await host.stop() }
        await controller.stop()
    }

    /// An approval is the word of another user of the system; this one needs those of two.
    @Test func anApprovalHappensOrNotAndNothingBeginsBefore() async throws {
        let controller = try await ControllerUnderTest()
        let hosts = try await playedHosts(2, of: controller)
        var intent = RolloutIntent()
        intent.kind = JobKindName.vmStart.rawValue
        (intent.soak, intent.approvals) = (.seconds(0), 2)
        let users: [uid_t] = [65534, 65533]
        for round in 1...Self.rounds {
            let name = try #require(ResourceName("round-\(round)"))
            try await apply(name, intent, controller)
            for (number, user) in users.enumerated() {
                let rollout = try await killed(
                    controller, name, within: 40,
                    while: {
                        let answer = try? await controller.virtfleet(as: user, "rollout", "approve", "\(name)")
                        // Nobody answered, or the answer was cut off.
                        #expect(answer?.status == 0 || answer?.status == 5, "\(answer?.errorText ?? "")")
                    },
                    until: { rollout in
                        let isWaiting = rollout.approvedBy.count < users.count
                        try #require((rollout.state == .awaitingApproval) == isWaiting, "\(rollout)")
                        try #require(!isWaiting || hosts.map(\.done.count) == [round - 1, round - 1])
                        return rollout.approvedBy.count > number
                    })
                let again = try await controller.virtfleet(as: user, "rollout", "approve", "\(name)")
                #expect(again.status != 0)
                #expect(try await controller.client.rollout(name).approvedBy == rollout.approvedBy)
            }
            try await controller.program.until("it is carried out") {
                try await controller.client.rollout(name).state == .finished
            }
            #expect(hosts.map(\.done.count) == [round, round])
        }
        for host in hosts { await host.stop() }
        await controller.stop()
    }

    /// - Parameter failures: so many of the first one's first jobs fail.
    private func playedHosts(
        _ count: Int, of controller: ControllerUnderTest, failures: Int = 0
    ) async throws -> [PlayedHost] {
        var hosts: [PlayedHost] = []
        for number in 0..<count {
            hosts.append(
                try await PlayedHost(
                    try await controller.register("host-\(number)"), number, of: controller,
                    failures: number == 0 ? failures : 0))
        }
        try await controller.program.until("all VMs are known") {
            try await controller.client.vms().count == count
        }
        return hosts
    }

    private func apply(_ name: ResourceName, _ intent: RolloutIntent, _ controller: ControllerUnderTest) async throws {
        let document = try intent.document()
        let plan = try await controller.client.planRollout(name, intent: document)
        _ = try await controller.client.applyRollout(name, intent: document, plan: plan.plan)
    }

    private func asked(
        _ request: RolloutRequest, of name: ResourceName, _ controller: ControllerUnderTest,
        until isDone: (RolloutResource) -> Bool
    ) async throws {
        let client = controller.client
        _ = try await killed(
            controller, name, while: { _ = try? await client.ask(request, of: name) }, until: isDone)
    }

    /// Kills the controller while something happens, and starts it again, as often as is needed.
    /// - Parameter milliseconds: about how long that takes.
    private func killed(
        _ controller: ControllerUnderTest, _ name: ResourceName, within milliseconds: Int = 15,
        while body: @escaping @Sendable () async -> Void, until isDone: (RolloutResource) throws -> Bool
    ) async throws -> RolloutResource {
        var rollout = try await controller.client.rollout(name)
        var kills = 0
        while try !isDone(rollout) {
            try #require(kills < 100, "\(rollout)")
            let happening = Task(operation: body)
            // From before the request is read to after it is answered; the driver comes every second.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...(kills % 2 == 0 ? milliseconds : 1500))))
            await controller.kill()
            await happening.value
            kills += 1
            try await controller.start()
            rollout = try await controller.client.rollout(name)
        }
        return rollout
    }
}

import FleetFiles
import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Testing

/// The real controller with its database and broker, killed again and again while a rollout goes through its waves.
@Suite struct RolloutKillSystemTests {
    private static let hosts = 8

    @Test func goesOnWhereItWas() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let controller = try await ControllerUnderTest()
        var hosts: [PlayedHost] = []
        for number in 0..<Self.hosts {
            hosts.append(try await PlayedHost(try await controller.register("host-\(number)"), number, of: controller))
        }
        try await controller.program.until("all VMs are known") {
            try await controller.client.vms().count == Self.hosts
        }

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
                let answer = try await controller.virtfleet("rollout", isPaused ? "resume" : "pause", "all", "--yes")
                // It may have come to its end meanwhile.
                if answer.status == 0 { isPaused.toggle() }
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
}

import FleetRuntime
import FleetTestSupport
import Foundation
import Glibc
import Testing

/// Broker, controller and event sources are killed at any moment, again and again, while events are recorded.
@Suite struct ExactlyOnceSystemTests {
    private enum Victim: CaseIterable {
        case broker, controller, controllerAndBroker, source, everything
    }

    @Test func everyRecordedEventArrivesOnceWhoeverDies() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let controller = try await ControllerUnderTest()
        var sources: [EventSourceUnderTest] = []
        for number in 1...3 { sources.append(try await EventSourceUnderTest("source-\(number)", of: controller)) }

        for round in 0..<24 {
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...2500, using: &random)))
            // Each of them often enough, whatever the seed.
            let victim = Victim.allCases[round % Victim.allCases.count]
            if victim == .source || victim == .everything {
                let unlucky = sources.randomElement(using: &random)!
                await unlucky.program.kill()
                try unlucky.program.start()
            }
            if victim == .broker || victim == .everything { controller.killBroker() }
            if victim == .controller || victim == .everything || victim == .controllerAndBroker {
                await controller.kill()
                if victim == .controllerAndBroker { controller.killBroker() }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
                try await controller.start()
            }
        }

        for source in sources { try source.stopRecording() }
        for source in sources { try await source.drain() }
        for source in sources {
            try await source.expectExactlyOnce()
            #expect(try source.recorded.map(\.count).reduce(0, +) > 100)
            await source.program.stop()
        }
        await controller.stop()
    }
}

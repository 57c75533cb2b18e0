import FleetRuntime
import FleetTestSupport
import Foundation
import Glibc
import Testing

/// Whose broker it is: the controller's embedded one, or a mosquitto that an administrator runs.
enum BrokerOwner: String, CaseIterable, CustomTestStringConvertible {
    case controller, administrator

    var testDescription: String { rawValue }

    func start() async throws -> (ControllerUnderTest, MosquittoBroker?) {
        switch self {
        case .controller: return (try await ControllerUnderTest(), nil)
        case .administrator:
            let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"]))
            return (
                try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret")), broker
            )
        }
    }
}

/// Broker, controller and event sources are killed at any moment, again and again, while events are recorded.
@Suite struct ExactlyOnceSystemTests {
    private enum Victim: CaseIterable {
        case broker, controller, controllerAndBroker, source, everything
    }

    @Test(arguments: BrokerOwner.allCases)
    func everyRecordedEventArrivesOnceWhoeverDies(_ owner: BrokerOwner) async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let (controller, broker) = try await owner.start()
        var sources: [EventSourceUnderTest] = []
        for number in 1...3 {
            let registration = try await controller.register("source-\(number)")
            try await broker?.add(registration.host.id.description, password: registration.password)
            sources.append(try EventSourceUnderTest(registration, of: controller))
        }
        func killBroker() async throws {
            guard let broker else {
                controller.killBroker()
                return
            }
            await broker.kill()
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
            try await broker.restart()
        }

        for round in 0..<24 {
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...2500, using: &random)))
            // Each of them often enough, whatever the seed.
            let victim = Victim.allCases[round % Victim.allCases.count]
            if victim == .source || victim == .everything {
                let unlucky = sources.randomElement(using: &random)!
                await unlucky.program.kill()
                try unlucky.program.start()
            }
            if victim == .broker || victim == .everything { try await killBroker() }
            if victim == .controller || victim == .everything || victim == .controllerAndBroker {
                await controller.kill()
                if victim == .controllerAndBroker { try await killBroker() }
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

import FleetServer

/// The simulation of the fleet's job part: many worlds, each from its seed.
struct Simulation: Sendable {
    struct Outcome: Equatable, Sendable {
        var violations: [String]
        var story: [String]
    }

    /// Worlds at the same time: each waits for its databases now and then.
    private static let width = 4
    /// Of a bad day, before everything works again.
    static let defaultSteps = 40

    private let disk: SimulatedDisk
    private let keys: ControllerKeys
    private let steps: Int

    init(steps: Int = defaultSteps) async throws {
        self.steps = steps
        disk = try await SimulatedDisk()
        keys = try ControllerKeys(path: disk.directory.file("signing.pem"))
    }

    func run(_ seed: UInt64, defect: Defect? = nil) async throws -> Outcome {
        let world = try await World(seed: seed, disk: disk, keys: keys, defect: defect)
        let violations = try await world.run(steps: steps)
        return Outcome(violations: violations, story: world.story)
    }

    /// The first seed, of so many, that shows a defect.
    func first(showing defect: Defect, among seeds: Range<UInt64>) async throws -> (seed: UInt64, violation: String)? {
        for seed in seeds {
            if let violation = try await run(seed, defect: defect).violations.first { return (seed, violation) }
        }
        return nil
    }

    /// - Parameter tell: called for each violation as it is found.
    /// - Returns: the seeds that break a rule, in order.
    func run(
        _ seeds: Range<UInt64>, defect: Defect? = nil, tell: @escaping @Sendable (UInt64, String) -> Void = { _, _ in }
    ) async throws -> [UInt64] {
        return try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for first in seeds.prefix(Self.width) {
                group.addTask {
                    var failures: [UInt64] = []
                    for seed in stride(from: first, to: seeds.upperBound, by: Self.width) {
                        let outcome = try await run(seed, defect: defect)
                        for violation in outcome.violations { tell(seed, violation) }
                        if !outcome.violations.isEmpty { failures.append(seed) }
                    }
                    return failures
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }
    }
}

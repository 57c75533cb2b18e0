import FleetRuntime
import FoundationEssentials
import Glibc

/// Runs the simulation over many seeds, or tells the story of one.
///
///     Simulation [--seeds N] [--from SEED] [--steps N] [--defect NAME]
///     Simulation --seed SEED [--steps N] [--defect NAME]
@main
struct Simulate {
    static func main() async throws {
        let options = Options(CommandLine.arguments.dropFirst())
        let simulation = try await Simulation(steps: options.steps)
        if let seed = options.seed {
            let outcome = try await simulation.run(seed, defect: options.defect)
            for line in outcome.story { print(line) }
            for violation in outcome.violations { print("seed \(seed): \(violation)") }
            exit(outcome.violations.isEmpty ? 0 : 1)
        }
        let begin = SystemTimeSource().monotonic()
        let failures = try await simulation.run(options.from..<options.from + options.seeds, defect: options.defect) {
            print("seed \($0): \($1)")
        }
        let seconds = (SystemTimeSource().monotonic() - begin).seconds
        print("\(options.seeds) seeds, \(failures.count) with violations, \(Int(seconds)) s")
        if let seed = failures.first { print("make simulate SEED=\(seed) tells what happened") }
        exit(failures.isEmpty ? 0 : 1)
    }

    private struct Options {
        var seeds: UInt64 = 10_000
        var from: UInt64 = 1
        var seed: UInt64?
        var defect: Defect?
        var steps = Simulation.defaultSteps

        init(_ arguments: ArraySlice<String>) {
            var rest = arguments
            while let name = rest.popFirst() {
                guard let value = rest.popFirst() else { Self.usage() }
                switch name {
                case "--seeds": seeds = Self.number(value)
                case "--from": from = Self.number(value)
                case "--steps": steps = Int(Self.number(value))
                case "--seed": seed = Self.number(value)
                case "--defect":
                    guard let known = Defect(rawValue: value) else { Self.usage() }
                    defect = known
                default: Self.usage()
                }
            }
        }

        private static func number(_ text: String) -> UInt64 {
            guard let number = UInt64(text) else { usage() }
            return number
        }

        private static func usage() -> Never {
            print("usage: Simulation [--seeds N] [--from SEED] [--seed SEED] [--steps N] [--defect NAME]")
            print("defects: \(Defect.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(64)
        }
    }
}

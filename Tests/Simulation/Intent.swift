import FleetModel
import FleetRuntime
import FoundationEssentials
import Rollouts

/// A rollout as its operator meant it, for the referee: what is in the database may have been changed by a defect.
struct Intent {
    let definition: RolloutDefinition
    let targets: [RolloutTarget]
    /// Failures and hosts that came to an end when somebody last resumed or retried it.
    var forgiven = (failures: 0, attempted: 0)

    var rules: RolloutRules { definition.rules }
    var name: ResourceName { definition.name }

    init(number: Int, hosts: Int, using random: inout SeededGenerator) {
        let hasWindows = Int.random(in: 0..<100, using: &random) < 40
        let begin = SimulatedDisk.begin.timeIntervalSince1970
        let windows = (0..<9).map { index in
            let start = Date(timeIntervalSince1970: begin + Double(index) * 6 * 3600 + 1800)
            return Occurrence(start: start, end: start + 2 * 3600)
        }
        let thresholds: [Share] = [.count(0), .count(1), .percent(20), .percent(50)]
        definition = RolloutDefinition(
            name: ResourceName("rollout-\(number)")!, intent: [:], plan: Digest(String(repeating: "a", count: 64))!,
            kind: JobKindName.vmReboot.rawValue,
            rules: RolloutRules(
                waves: [[], [.count(1)], [.count(1), .percent(50)]].randomElement(using: &random)!,
                soakSeconds: [0, 600, 3600].randomElement(using: &random)!,
                concurrency: Int.random(in: 1...3, using: &random),
                failureThreshold: thresholds.randomElement(using: &random)!,
                patienceSeconds: [900, 3600, 7200].randomElement(using: &random)!,
                forceAfter: hasWindows && Bool.random(using: &random) ? 2 : nil,
                rollsBackOnAbort: Bool.random(using: &random)),
            window: hasWindows ? ResourceName("nights") : nil, windows: hasWindows ? ["": windows] : nil,
            deadlineSeconds: [1, 2].randomElement(using: &random)! * 86_400)
        targets = (0..<hosts).map { index in
            RolloutTarget(
                host: SimulatedDisk.host(index),
                arguments: [
                    .object(["vm": .string(SimulatedDisk.vm(index).description), "force": .bool(false)])
                ])
        }
    }
}

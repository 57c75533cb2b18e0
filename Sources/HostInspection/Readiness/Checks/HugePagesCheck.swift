import FleetRuntime
import Placement

extension Check {
    static let hugePages = Check(
        "huge-pages", reason: "Memory that is set aside as huge pages is lost to everything that does not ask for them."
    ) { facts in
        guard let memory = HostMemory(facts.memory) else {
            return [
                .unknown(
                    "The amount of memory cannot be seen.",
                    shownBy: "It is told by /proc/meminfo, which cannot be read here.")
            ]
        }
        guard memory.hugePageBytes > 0 else {
            return [.ok("No huge pages are set aside; VMs use ordinary memory.")]
        }
        let most = memory.permittedBytes
        guard memory.hugePageBytes <= most else {
            return [
                .warning(
                    "Huge pages leave the host too little: \(memory).",
                    fix: "Set at most \(HumanText.bytes(most)) aside.")
            ]
        }
        let losers = facts.profiles.filter { $0.memoryBytes > memory.availableBytes && $0.memoryBytes <= most }
        guard losers.isEmpty else {
            return [
                .warning(
                    "Huge pages leave too little ordinary memory for \(losers.names): \(memory).",
                    fix: "Set fewer huge pages aside.")
            ]
        }
        return [.notice("For VMs on ordinary memory, \(memory).\(nodes(facts))")]
    }

    /// What each node has set aside, and which profiles' VMs would be spread over several.
    private static func nodes(_ facts: ReadinessFacts) -> String {
        let nodes = facts.memory.nodes.map { (id: $0.id, bytes: HostMemory.bytes($0.hugePages)) }
        guard nodes.count > 1, let largest = nodes.map(\.bytes).max() else { return "" }
        let list = nodes.map { "node \($0.id): \(HumanText.bytes($0.bytes))" }.joined(separator: ", ")
        let spread = facts.profiles.filter { $0.memoryBytes > largest }
        return " Set aside are on \(list)"
            + (spread.isEmpty ? "." : "; no node alone holds the memory of \(spread.names).")
    }
}

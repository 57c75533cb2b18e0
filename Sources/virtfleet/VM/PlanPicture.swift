import Drawing
import FleetModel
import FleetRuntime
import Placement

/// A plan as a picture: each core with its threads and who has it, and each node's memory.
struct PlanPicture {
    private static let barWidth = 20

    let cpu: CPUDocument
    let memory: MemoryDocument
    let plan: PlacementPlan
    /// The VM that nobody has made yet.
    let new: VMID?

    var panels: [Panel] { [cores] + (nodes.isEmpty ? [] : [memoryPanel]) }

    private var placed: [(vm: VMPlan, placement: VMPlacement)] {
        plan.vms.compactMap { vm in vm.placement.map { (vm, $0) } }
    }

    private func label(_ vm: VMPlan) -> String { vm.id == new ? "\(vm.name) (new)" : vm.name }

    private func tone(_ vm: VMPlan) -> Tone { vm.id == new ? .good : .plain }

    // MARK: Cores

    private var cores: Panel {
        let byNode = Dictionary(grouping: cpu.threadList) { $0.node ?? 0 }.sorted { $0.key < $1.key }
        let children =
            byNode.count > 1
            ? byNode.map { Panel("node \($0)", children: corePanels($1)) } : byNode.flatMap { corePanels($1) }
        let lines = placed.map { vm, placement in
            let processors = placement.processors
            let threads = CPUSet(processors.vcpus.flatMap(\.threads))
            return Panel.Line(
                label(vm), note: "\(processors.vcpus.count) vCPUs \(processors.ownsCores ? "on" : "over") \(threads)",
                tone: tone(vm))
        }
        return Panel("Cores", lines: lines, children: children)
    }

    private func corePanels(_ threads: [CPUDocument.Thread]) -> [Panel] {
        Dictionary(grouping: threads, by: \.core).sorted { $0.key < $1.key }.map { core, threads in
            let numbers = threads.map(\.id).sorted()
            let kind = cpu.coreKinds.first { !Set($0.threads).isDisjoint(with: numbers) }?.name
            let owner = owner(of: numbers)
            return Panel(
                "core \(core)", tone: owner.tone,
                lines: [
                    .init(([kind] + numbers.map(String.init)).compactMap(\.self).joined(separator: " ")),
                    .init(owner.name, tone: owner.tone),
                ])
        }
    }

    private func owner(of threads: [Int]) -> (name: String, tone: Tone) {
        let owners = placed.filter { _, placement in
            placement.processors.ownsCores
                && placement.processors.vcpus.contains { !Set($0.threads).isDisjoint(with: threads) }
        }
        if let first = owners.first { return (owners.map { label($0.vm) }.joined(separator: ", "), tone(first.vm)) }
        if !Set(plan.hostThreads.threads).isDisjoint(with: threads) { return ("host", .faint) }
        return ("pool", .faint)
    }

    // MARK: Memory

    /// What takes a part of a node's memory.
    private struct Share {
        var name: String
        var bytes: UInt64
        var tone = Tone.plain
    }

    /// One for the whole machine where it does not tell of nodes.
    private var nodes: [(id: Int, bytes: UInt64)] {
        guard let host = HostMemory(memory) else { return [] }
        guard memory.nodes.count > 1 else { return [(memory.nodes.first?.id ?? 0, host.installedBytes)] }
        return memory.nodes.map { ($0.id, $0.totalBytes ?? 0) }
    }

    private var memoryPanel: Panel {
        let anywhere = nodes.count > 1 ? placed.flatMap { share(of: $0, on: nil) } : []
        let total = nodes.reduce(0) { $0 + $1.bytes }
        return Panel(
            "Memory",
            children: nodes.map { node in
                Panel(
                    "node \(node.id), \(HumanText.bytes(node.bytes))",
                    lines: shares(of: node).map { line($0, of: node.bytes) })
            } + (anywhere.isEmpty ? [] : [Panel("on any node", lines: anywhere.map { line($0, of: total) })]))
    }

    private func shares(of node: (id: Int, bytes: UInt64)) -> [Share] {
        let hostNode = cpu.threadList.first { $0.id == plan.hostThreads.threads.first }?.node ?? nodes.first?.id
        var shares: [Share] = []
        if node.id == hostNode, let host = HostMemory(memory) {
            shares.append(Share(name: "kept for the host", bytes: min(host.keptBytes, node.bytes), tone: .faint))
        }
        shares += placed.flatMap { share(of: $0, on: node.id) }
        for size in Set(pools(node.id).map(\.sizeBytes) + plan.reservations.map(\.sizeBytes)).sorted() {
            let unused = unusedPages(size, on: node.id)
            if unused > 0 {
                shares.append(
                    Share(name: "unused huge pages of \(HumanText.bytes(size))", bytes: unused * size, tone: .faint))
            }
        }
        let taken = shares.reduce(0) { $0 + $1.bytes }
        return shares + [Share(name: "free", bytes: node.bytes - min(taken, node.bytes))]
    }

    private func pools(_ node: Int) -> [MemoryDocument.HugePages] {
        (memory.nodes.first { $0.id == node }?.hugePages ?? memory.hugePages).filter { $0.sizeBytes > 0 }
    }

    /// Reserved, or to be made, and nobody's.
    private func unusedPages(_ size: UInt64, on node: Int) -> UInt64 {
        let there = pools(node).first { $0.sizeBytes == size }?.count ?? 0
        let made = plan.reservations.filter { $0.node == node && $0.sizeBytes == size }.reduce(0) { $0 + $1.count }
        let used = placed.compactMap(\.placement.memory.hugePages).filter { $0.sizeBytes == size }
            .flatMap(\.nodes).filter { $0.node == node }.reduce(0) { $0 + $1.count }
        return there + made - min(used, there + made)
    }

    /// What a VM has of a node, or of no certain one.
    private func share(of placed: (vm: VMPlan, placement: VMPlacement), on node: Int?) -> [Share] {
        let memory = placed.placement.memory
        let bytes: UInt64
        var name = label(placed.vm)
        if let pages = memory.hugePages {
            bytes = pages.nodes.filter { $0.node == node }.reduce(0) { $0 + $1.count } * pages.sizeBytes
            name += ", huge pages of \(HumanText.bytes(pages.sizeBytes))"
        } else if let bound = memory.binding?.nodes, nodes.count > 1 {
            bytes = bound.contains { $0 == node } ? memory.bytes / UInt64(bound.count) : 0
        } else {
            bytes = node == nil || nodes.count == 1 ? memory.bytes : 0
        }
        return bytes > 0 ? [Share(name: name, bytes: bytes, tone: tone(placed.vm))] : []
    }

    private func line(_ share: Share, of total: UInt64) -> Panel.Line {
        let part = total > 0 ? Double(share.bytes) / Double(total) : 0
        let filled = min(Self.barWidth, Int((part * Double(Self.barWidth)).rounded(.up)))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barWidth - filled)
        return Panel.Line(share.name, note: "\(HumanText.bytes(share.bytes)) \(bar)", tone: share.tone)
    }
}

import FleetModel

@testable import Placement

/// What must hold of a plan for documents that do not contradict themselves, worked out anew from request and plan.
struct PlanJudge {
    let request: PlacementRequest
    let plan: PlacementPlan
    private let placements: [(demand: VMDemand, placement: VMPlacement)]
    private let coreOfThread: [Int: Int]

    init(_ request: PlacementRequest, _ plan: PlacementPlan) {
        self.request = request
        self.plan = plan
        placements = plan.vms.compactMap { vm in
            guard let placement = vm.placement else { return nil }
            return request.vms.first { $0.id == vm.id }.map { ($0, placement) }
        }
        coreOfThread = Dictionary(request.cpu.threadList.map { ($0.id, $0.core) }) { first, _ in first }
    }

    var violations: [String] { answers + processors + memory + pages + devices + shares + running }

    private var answers: [String] {
        guard plan.vms.map(\.id.description).sorted() == request.vms.map(\.id.description).sorted() else {
            return ["not each VM has one answer"]
        }
        return plan.vms.filter { ($0.placement == nil) == $0.obstacles.isEmpty }
            .map { "\($0.name) is neither placed nor refused with a reason" }
    }

    // MARK: Processors

    private func cores(_ placement: VMPlacement) -> Set<Int> {
        Set(placement.processors.vcpus.flatMap(\.threads).compactMap { coreOfThread[$0] })
    }

    private var processors: [String] {
        var found: [String] = []
        var owned = Set(plan.hostThreads.threads.compactMap { coreOfThread[$0] })
        for (demand, placement) in placements where placement.processors.ownsCores {
            let own = cores(placement)
            if !own.isDisjoint(with: owned) { found.append("\(demand.name) has a core of another VM or of the host") }
            owned.formUnion(own)
            let threads = placement.processors.vcpus.flatMap(\.threads)
            if Set(threads).count != placement.processors.vcpus.count || threads.count != Set(threads).count {
                found.append("\(demand.name) has not one thread for each vCPU")
            }
            let kinds = request.cpu.coreKinds.filter { !Set($0.threads).isDisjoint(with: threads) }
            if kinds.contains(where: { $0.name != "performance" }) {
                found.append("\(demand.name) owns efficiency cores")
            }
            let siblings = request.cpu.threadList.filter { own.contains($0.core) }.count
            if siblings - threads.count >= siblings / own.count { found.append("\(demand.name) has a core too many") }
        }
        let someFloat = placements.contains { !$0.placement.processors.ownsCores }
        for (demand, placement) in placements where demand.pinning == .focus && placement.processors.ownsCores {
            if someFloat, plan.pool == plan.hostThreads { found.append("\(demand.name) leaves no core to the others") }
        }
        for (demand, placement) in placements {
            let topology = placement.processors.topology
            if topology.sockets * topology.dies * topology.cores * topology.threads != placement.processors.vcpus.count
            {
                found.append("\(demand.name)'s topology is not its vCPUs")
            }
            if demand.running == nil, let wanted = demand.topology, wanted != topology {
                found.append("\(demand.name) does not have the topology that it asks for")
            }
            if placement.processors.emulator != plan.hostThreads {
                found.append("\(demand.name)'s emulator is not with the host")
            }
            if demand.running == nil, (demand.pinning == .dedicated) != placement.processors.ownsCores,
                demand.pinning != .focus
            {
                found.append("\(demand.name)'s policy is not kept")
            }
            if demand.pinning == .focus, placement.processors.ownsCores, demand.id != request.foreground {
                found.append("\(demand.name) owns cores in the background")
            }
            guard !placement.processors.ownsCores else { continue }
            let floats = cores(placement)
            if placement.processors.vcpus.contains(where: \.threads.isEmpty) || floats.isEmpty {
                found.append("\(demand.name) has nothing to run on")
            }
            let hosts = Set(plan.hostThreads.threads.compactMap { coreOfThread[$0] })
            if !floats.isDisjoint(with: owned), floats != hosts {
                found.append("\(demand.name) floats over cores that others own")
            }
        }
        return found
    }

    // MARK: Memory

    /// By node and size, how many pages VMs have.
    private var used: [[UInt64]: UInt64] {
        var used: [[UInt64]: UInt64] = [:]
        for pages in placements.compactMap(\.placement.memory.hugePages) {
            for part in pages.nodes { used[[UInt64(part.node), pages.sizeBytes], default: 0] += part.count }
        }
        return used
    }

    private var memory: [String] {
        var found: [String] = []
        let installed = request.memory.totalBytes ?? 0
        let kept = min(8 << 30, installed / 2)
        let ordinary = placements.filter { $0.placement.memory.hugePages == nil }
            .reduce(0) { $0 + $1.placement.memory.bytes }
        var setAside: UInt64 = 0
        for node in request.memory.nodes {
            let reserved = node.hugePages.reduce(0) { $0 + $1.sizeBytes * $1.count }
            let pages = node.hugePages.reduce(0) {
                $0 + $1.sizeBytes * max($1.count, used[[UInt64(node.id), $1.sizeBytes]] ?? 0)
            }
            setAside += pages
            let bound = placements.filter { $0.placement.memory.binding?.mode == .preferred }
                .filter { $0.placement.memory.binding?.nodes == [node.id] }
                .reduce(0) { $0 + $1.placement.memory.bytes }
            let total = node.totalBytes ?? 0
            let permitted = node.id == 0 ? total - min(total, kept) : total
            // What was set aside before may leave the host less than it should have.
            if pages + bound > max(permitted, reserved) { found.append("node \(node.id) has not as much memory") }
        }
        let reserved = request.memory.nodes.flatMap(\.hugePages).reduce(0) { $0 + $1.sizeBytes * $1.count }
        if setAside + ordinary > max(installed - kept, reserved) {
            found.append("the host has not as much memory")
        }
        return found
    }

    private var pages: [String] {
        var found: [String] = []
        for (demand, placement) in placements where demand.running == nil {
            let memory = placement.memory
            if memory.bytes < demand.memory.minimumBytes || memory.bytes > demand.memory.maximumBytes {
                found.append("\(demand.name)'s memory is out of its range")
            }
            let size = memory.hugePages?.sizeBytes
            let fits =
                switch demand.memory.hugePages {
                case .none: size == nil
                case .auto: size == nil || size == 2 << 20
                case .twoMiB: size == 2 << 20
                case .oneGiB: size == 1 << 30
                }
            if !fits { found.append("\(demand.name)'s pages are not what it asks for") }
            if let pages = memory.hugePages, pages.nodes.reduce(0, { $0 + $1.count }) * pages.sizeBytes != memory.bytes
            {
                found.append("\(demand.name)'s pages are not its memory")
            }
        }
        for (key, count) in used {
            let pool = request.memory.nodes.first { $0.id == Int(key[0]) }?.hugePages.first { $0.sizeBytes == key[1] }
            let added = plan.reservations.filter { $0.node == Int(key[0]) && $0.sizeBytes == key[1] }
                .reduce(0) { $0 + $1.count }
            let held = placements.filter { $0.demand.running != nil }
                .compactMap(\.placement.memory.hugePages).filter { $0.sizeBytes == key[1] }
                .flatMap(\.nodes).filter { $0.node == Int(key[0]) }.reduce(0) { $0 + $1.count }
            if count > max(pool?.count ?? 0, held) + added { found.append("pages are used that nobody reserves") }
            if let free = pool?.free, count - held > free + added { found.append("pages of others are used") }
            if key[1] == 1 << 30, added > 0 { found.append("pages of 1 GiB are to be made") }
        }
        return found
    }

    // MARK: Devices

    private var devices: [String] {
        var found: [String] = []
        var holders: [PCIAddress: String] = [:]
        var groups: [Int: String] = [:]
        for (demand, placement) in placements {
            let functions = placement.devices.flatMap { [$0.address] + $0.companions }
            for function in functions {
                if holders.updateValue(demand.name, forKey: function) != nil { found.append("\(function) goes twice") }
                guard let device = request.pci.first(where: { $0.address == function }) else { continue }
                if let group = device.iommuGroup,
                    groups.updateValue(demand.name, forKey: group) ?? demand.name
                        != demand.name
                {
                    found.append("group \(group) goes to two VMs")
                }
                if ![.pass, .passWithCompanions].contains(device.passthrough.verdict) {
                    found.append("\(function) cannot be passed")
                }
                if !Set(device.passthrough.with).isSubset(of: functions) {
                    found.append("\(function) goes without companions")
                }
            }
            for selector in demand.requiredDevices
            where selector.mdevType == nil && !isAnswered(selector, by: functions) {
                found.append("\(demand.name) has no \(selector)")
            }
        }
        for reservation in plan.virtualFunctions {
            let physical = reservation.physicalFunction
            let device = request.pci.first { $0.address == physical }
            if reservation.count < 1 || reservation.count > device?.sriov?.total ?? 0 {
                found.append("\(physical) cannot have \(reservation.count) virtual functions")
            }
            if device?.sriov?.current != 0 || request.pci.contains(where: { $0.physicalFunction == physical }) {
                found.append("\(physical) has virtual functions, which would go")
            }
            if holders[physical] != nil { found.append("\(physical) goes to a VM, and so do its virtual functions") }
        }
        let lacking = placements.filter { $0.demand.running == nil }.flatMap { demand, placement in
            demand.requiredDevices.filter(\.virtualFunction).dropFirst(
                placement.devices.filter { device in
                    request.pci.contains { $0.address == device.address && $0.physicalFunction != nil }
                }.count)
        }
        if lacking.count > plan.virtualFunctions.reduce(0, { $0 + $1.count }) {
            found.append("\(lacking.count) virtual functions are missing, and too few are made")
        }
        for device in request.pci {
            if let physical = device.physicalFunction, holders[physical] != nil, holders[device.address] != nil,
                holders[physical] != holders[device.address]
            {
                found.append("\(device.address) and its physical function go to two VMs")
            }
        }
        return found
    }

    /// Mediated devices.
    private var shares: [String] {
        var found: [String] = []
        var made: [PCIAddress: [MediatedTypeID: Int]] = [:]
        var held: [PCIAddress: [MediatedTypeID: Int]] = [:]
        let given = Set(placements.flatMap { $0.placement.devices.flatMap(\.functions) })
        for (demand, placement) in placements {
            let wanted = demand.requiredDevices.compactMap(\.mdevType)
            if demand.running == nil, demand.graphics != .auto, placement.mediatedDevices.count != wanted.count {
                found.append("\(demand.name) asks for \(wanted.count) mediated devices and gets another number")
            }
            for device in placement.mediatedDevices {
                let parent = request.pci.first { $0.address == device.parent }
                let type = parent?.mediatedTypes.first { $0.id == device.type.description }
                if device.id.map({ type?.devices?.contains($0) == true }) != true {
                    made[device.parent, default: [:]][device.type, default: 0] += 1
                    if demand.running != nil { held[device.parent, default: [:]][device.type, default: 0] += 1 }
                }
                if demand.running != nil { continue }
                if type?.deviceAPI != "vfio-pci" { found.append("\(device.parent) offers no \(device.type)") }
                let isAsked = demand.requiredDevices.contains { selector in
                    [.auto, device.type].contains(selector.mdevType) && parent.map(selector.matches) == true
                }
                if !isAsked, demand.graphics != .auto { found.append("nobody asks for \(device.type)") }
                let whole = [device.parent, parent?.physicalFunction].compactMap(\.self)
                if !given.isDisjoint(with: whole) { found.append("\(device.parent) is shared and given away") }
            }
        }
        for (parent, types) in made {
            for (type, count) in types {
                let document = request.pci.first { $0.address == parent }?.mediatedTypes
                    .first { $0.id == type.description }
                if count > max(document?.available ?? 0, held[parent]?[type] ?? 0) {
                    found.append("\(parent) has not \(count) of \(type)")
                }
            }
            if types.count > 1, types != held[parent] { found.append("\(parent) is shared in several types") }
        }
        return found
    }

    private func isAnswered(_ selector: DeviceSelector, by functions: [PCIAddress]) -> Bool {
        guard selector.virtualFunction else {
            return request.pci.contains { functions.contains($0.address) && selector.matches($0) }
        }
        let meant = request.pci.filter(selector.matches).map(\.address)
        return request.pci.contains { device in
            functions.contains(device.address) && device.physicalFunction.map(meant.contains) == true
        } || plan.virtualFunctions.contains { meant.contains($0.physicalFunction) }
    }

    // MARK: What runs

    private var running: [String] {
        request.vms.flatMap { demand -> [String] in
            guard let before = demand.running else { return [] }
            guard let after = placements.first(where: { $0.demand.id == demand.id })?.placement else {
                return ["\(demand.name) runs and is refused"]
            }
            var found: [String] = []
            if before.memory != after.memory || before.devices != after.devices
                || before.mediatedDevices != after.mediatedDevices
            {
                found.append("\(demand.name) runs and loses memory or devices")
            }
            if before.processors.topology != after.processors.topology
                || before.processors.vcpus.count != after.processors.vcpus.count
            {
                found.append("\(demand.name) runs and its guest sees other processors")
            }
            if before.processors.ownsCores, demand.pinning != .focus, before.processors != after.processors {
                found.append("\(demand.name) runs and loses its cores")
            }
            return found
        }
    }
}

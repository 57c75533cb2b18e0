import FleetModel

extension PlacementPlan {
    /// The same request gives the same plan, in whatever order its VMs stand. What was planned and runs is planned again
    /// as it is.
    public init(for request: PlacementRequest) {
        var planner = Planner(request)
        self = planner.plan()
    }
}

/// Hands out a machine: first what runs keeps what it has, then each VM gets all that it asks for at least, or nothing.
struct Planner {
    private let foreground: VMID?
    private var cores: CoreLedger?
    private var memory: MemoryLedger?
    private var devices: DeviceLedger
    private var seats: [Seat]

    init(_ request: PlacementRequest) {
        foreground = request.foreground
        let host = HostCores(request.cpu)
        cores = host.map(CoreLedger.init)
        memory = MemoryLedger(request.memory, hostNode: host?.cores.first?.node ?? 0)
        devices = DeviceLedger(HostDevices(request.pci))
        seats = request.vms.map { Seat(demand: $0) }.sorted(by: Seat.precedes)
    }

    mutating func plan() -> PlacementPlan {
        for place in seats.indices where seats[place].demand.running != nil { hold(place) }
        refuseTwins()
        for place in seats.indices where seats[place].demand.running == nil && seats[place].obstacles.isEmpty {
            admit(place)
        }
        for place in seats.indices where seats[place].demand.running == nil {
            grow(place)
            chooseGraphics(place)
        }
        if let place = seats.firstIndex(where: { $0.demand.id == foreground }) { focus(place) }
        let overview = PlanWarnings(cores: cores, memory: memory, devices: devices.host, seats: seats)
        float()
        return PlacementPlan(
            vms: seats.map { answer($0, overview) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) },
            hostThreads: cores?.host.host ?? CPUSet([]), pool: cores?.pool ?? CPUSet([]),
            reservations: memory?.reservations ?? [], virtualFunctions: devices.reservations, warnings: overview.ofHost)
    }

    private func answer(_ seat: Seat, _ warnings: PlanWarnings) -> VMPlan {
        guard seat.obstacles.isEmpty, let processors = seat.processors, let memory = seat.memory else {
            return VMPlan(
                id: seat.demand.id, name: seat.demand.name, placement: nil, obstacles: seat.obstacles, warnings: [])
        }
        let placement = VMPlacement(
            processors: processors, memory: memory, devices: seat.devices, mediatedDevices: seat.mediated)
        return VMPlan(
            id: seat.demand.id, name: seat.demand.name, placement: placement, obstacles: [],
            warnings: warnings.of(seat, placement, isForeground: seat.demand.id == foreground),
            passedOver: seat.passedOver)
    }

    // MARK: What runs

    private mutating func hold(_ place: Int) {
        let demand = seats[place].demand
        guard let running = demand.running else { return }
        memory?.hold(running.memory)
        devices.take(
            .init(devices: running.devices, mediated: running.mediatedDevices), for: demand.id, named: demand.name)
        seats[place].memory = running.memory
        seats[place].devices = running.devices
        seats[place].mediated = running.mediatedDevices
        // Where nothing is known of the cores, all VMs stay on them as they are.
        guard cores == nil || (running.processors.ownsCores && demand.pinning != .focus) else { return }
        seats[place].processors = running.processors
        cores?.hold(running.processors, for: demand.id)
    }

    /// libvirt knows one VM by a UUID; which of several is meant cannot be told.
    private mutating func refuseTwins() {
        let twins = Dictionary(grouping: seats.indices) { seats[$0].demand.id }.values.filter { $0.count > 1 }
        for place in twins.joined() {
            seats[place].obstacles = [
                PlacementObstacle(
                    reason: "Another VM of the request has its UUID.", fix: "Name each VM once.")
            ]
        }
    }

    // MARK: What shall start

    private mutating func admit(_ place: Int) {
        let demand = seats[place].demand
        var obstacles = demand.obstacles(threads: cores?.host.threadCount)
        guard obstacles.isEmpty, let cores else {
            seats[place].obstacles = obstacles
            return
        }
        let devices = devices.offer(demand.requiredDevices, obstacles: &obstacles)
        let deviceNode = self.devices.host.node(of: devices.places)
        var own: [Int] = []
        if demand.pinning == .dedicated {
            let offer = cores.offer(demand.vcpus, preferring: deviceNode) {
                memory?.holds(demand.memory, on: $0) ?? false
            }
            if let offer { own = offer } else { obstacles.append(cores.shortage(demand.vcpus)) }
        }
        let near = own.isEmpty ? deviceNode.map { [$0] } ?? [] : cores.host.nodes(of: own)
        guard let memory = memory?.offer(demand.memory, near: near, obstacles: &obstacles), obstacles.isEmpty else {
            if self.memory == nil {
                obstacles.append(
                    PlacementObstacle(reason: "How much memory the machine has cannot be seen.", fix: nil))
            }
            seats[place].obstacles = obstacles
            return
        }
        self.memory?.take(memory)
        self.devices.take(devices, for: demand.id, named: demand.name)
        seats[place].memory = memory
        seats[place].devices = devices.devices
        seats[place].made = devices.made
        seats[place].mediated = devices.mediated
        if !own.isEmpty { settle(place, on: own, topology: cores.topology(of: demand, on: own)) }
    }

    private mutating func grow(_ place: Int) {
        guard var grown = seats[place].memory, seats[place].obstacles.isEmpty else { return }
        memory?.grow(&grown, seats[place].demand.memory)
        seats[place].memory = grown
    }

    /// After all have what they need, as what it asks for is the best of what is left.
    private mutating func chooseGraphics(_ place: Int) {
        let seat = seats[place]
        guard seat.demand.graphics == .auto, seat.obstacles.isEmpty,
            !(seat.devices.map(\.address) + seat.mediated.map(\.parent))
                .contains(where: { devices.host[$0]?.deviceClass?.isDisplay == true })
        else { return }
        for choice in [GraphicsDemand.passthrough, .sriov, .mdev] {
            var obstacles: [PlacementObstacle] = []
            let offer = devices.offer(
                [choice.device].compactMap(\.self), beside: seat.devices, unused: true, obstacles: &obstacles)
            guard obstacles.isEmpty else {
                seats[place].passedOver += obstacles
                continue
            }
            devices.take(offer, for: seat.demand.id, named: seat.demand.name)
            seats[place].devices = (seat.devices + offer.devices).sorted { $0.address < $1.address }
            seats[place].made += offer.made
            seats[place].mediated += offer.mediated
            return
        }
    }

    // MARK: Processors

    /// Gives the VM in the foreground cores of its own, if its policy wants that and the others keep one.
    private mutating func focus(_ place: Int) {
        let seat = seats[place]
        guard let cores, seat.demand.pinning == .focus, seat.floats, seat.vcpus > 0 else { return }
        let running = seat.demand.running?.processors
        let kept = running.flatMap { $0.ownsCores ? cores.cores(of: $0) : nil } ?? []
        let free = cores.freeCores
        let keeps = !kept.isEmpty && kept.allSatisfy(free.contains)
        let own =
            keeps
            ? kept : cores.offer(seat.vcpus, preferring: seat.memory?.binding?.onlyNode) { _ in true } ?? []
        let othersFloat = seats.indices.contains { $0 != place && seats[$0].floats }
        guard !own.isEmpty, own.count + (othersFloat ? 1 : 0) <= free.count else { return }
        settle(place, on: own, topology: cores.topology(ofFloating: seat.demand))
        if keeps, let running { seats[place].processors?.vcpus = running.vcpus }
    }

    private mutating func settle(_ place: Int, on own: [Int], topology: VMPlacement.GuestTopology) {
        guard let host = cores?.host else { return }
        let seat = seats[place]
        let threads = own.flatMap { host.cores[$0].threads }.prefix(seat.vcpus)
        seats[place].processors = processors(seat, threads.map { CPUSet([$0]) }, topology, ownsCores: true, host)
        cores?.take(own, for: seat.demand.id)
    }

    private mutating func float() {
        guard let cores else { return }
        let pool = cores.pool
        var poolsOfNodes: [Int: CPUSet] = [:]
        for place in seats.indices where seats[place].floats {
            let seat = seats[place]
            var set = pool
            // Memory that is bound to a node is best reached from there.
            if let node = seat.memory?.binding?.onlyNode {
                let near = poolsOfNodes[node] ?? cores.pool(on: node)
                poolsOfNodes[node] = near
                if near.threads.count >= seat.vcpus { set = near }
            }
            seats[place].processors = processors(
                seat, [CPUSet](repeating: set, count: seat.vcpus), cores.topology(ofFloating: seat.demand),
                ownsCores: false, cores.host)
        }
    }

    private func processors(
        _ seat: Seat, _ vcpus: [CPUSet], _ topology: VMPlacement.GuestTopology, ownsCores: Bool, _ host: HostCores
    ) -> VMPlacement.Processors {
        VMPlacement.Processors(
            topology: topology, ownsCores: ownsCores, vcpus: vcpus, emulator: host.host,
            ioThreads: [CPUSet](repeating: host.host, count: seat.ioThreads), weight: seat.weight)
    }
}

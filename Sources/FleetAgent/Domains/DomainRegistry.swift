import FleetModel
import Hypervisor
import Provisioning

/// What the agent knows of its domains, and what follows of each thing that the hypervisor says.
struct DomainRegistry {
    enum Action: Equatable {
        case record(EventType, VMEvent)
        case recordConnection(HostEvent)
        /// Ask the hypervisor for the domain, then `refreshed`.
        case refresh(VMID)
        /// Ask the guest what it is, then `told`.
        case askGuest(VMID)
        /// Look which snapshots the VM has and whether it is as it should be, then `told`.
        case lookAtDetails(VMID)
        /// What definitions take of the host, or do to it, has changed.
        case inspectHost
        case publish(VMDocument)
        /// The VM is gone: its document is to be cleared.
        case withdraw(VMID)
        /// `known` has changed and is to be stored.
        case remember
    }

    private(set) var domains: [VMID: Domain] = [:]
    private var guests: [VMID: GuestInformation] = [:]
    private var details: [VMID: VMDetails] = [:]
    private var powerPolicies: [PowerPolicy] = []
    /// The last that is known of each domain; nil before the first look ever.
    private(set) var known: [VMID: KnownDomain]?
    private(set) var isReachable = false
    /// The hypervisor has been reached since the agent started.
    private(set) var hasLooked = false

    init(known: [VMID: KnownDomain]?) { self.known = known }

    mutating func on(_ event: HypervisorEvent) -> [Action] {
        switch event {
        case .connected(let domains):
            return connected(domains)
        case .disconnected(let reason):
            let wasReachable = isReachable
            isReachable = false
            // Not known is not gone: the documents stay, with their state unknown.
            return (wasReachable ? [.recordConnection(HostEvent(what: "disconnected", message: reason))] : [])
                + domains.values.sorted { $0.id < $1.id }.map { .publish(document($0)) }
        case .lifecycle(let id, let name, let event, let detail):
            return [.record(.vmLifecycle, VMEvent(vm: id, name: name, event: event, detail: detail)), .refresh(id)]
                + (event == "defined" ? [.lookAtDetails(id)] : [])
        case .reboot(let id, let name):
            return [.record(.vmReboot, VMEvent(vm: id, name: name, event: "reboot"))]
        case .watchdog(let id, let name, let action):
            return [.record(.vmWatchdog, VMEvent(vm: id, name: name, event: "watchdog", detail: action)), .refresh(id)]
        case .ioError(let id, let name, let device, let action, let reason):
            let detail = reason.isEmpty ? action : "\(action): \(reason)"
            return [
                .record(.vmIOError, VMEvent(vm: id, name: name, event: "io-error", detail: detail, device: device)),
                .refresh(id),
            ]
        case .blockJob(let id, let name, let device, let type, let status):
            return [.record(.vmBlockJob, VMEvent(vm: id, name: name, event: status, detail: type, device: device))]
        case .guestAgent(let id, let name, let connected, let reason):
            let word = connected ? "connected" : "disconnected"
            return [.record(.vmGuestAgent, VMEvent(vm: id, name: name, event: word, detail: reason)), .refresh(id)]
                + (connected ? [.askGuest(id)] : [])
        }
    }

    /// The guests that can be asked.
    var talkative: [VMID] { domains.values.filter { $0.guestAgent == true }.map(\.id).sorted() }

    /// The guest's answer to `askGuest`.
    mutating func told(_ id: VMID, _ information: GuestInformation) -> [Action] {
        guard isReachable, let domain = domains[id], guests[id] != information else { return [] }
        guests[id] = information
        return [.publish(document(domain))]
    }

    /// The answer to `lookAtDetails`.
    mutating func told(_ id: VMID, _ found: VMDetails) -> [Action] {
        guard let domain = domains[id], details[id] != found else { return [] }
        details[id] = found
        return [.publish(document(domain))]
    }

    /// They say from now on what becomes of VMs when the host sleeps.
    mutating func follow(_ policies: [PowerPolicy]) -> [Action] {
        let before = powerPolicies
        powerPolicies = policies
        return domains.values.filter { $0.isOurs && before.power(of: $0) != policies.power(of: $0) }
            .sorted { $0.id < $1.id }.map { .publish(document($0)) }
    }

    /// The hypervisor's answer to `refresh`; nil when it has no such domain.
    mutating func refreshed(_ id: VMID, _ domain: Domain?) -> [Action] {
        guard isReachable else { return [] }
        let before = known
        let demands = Demands(domains[id])
        let action: Action
        if let domain {
            domains[id] = domain
            known?[id] = KnownDomain(domain)
            if !domain.state.isStarted { guests[id] = nil }
            action = .publish(document(domain))
        } else {
            domains[id] = nil
            known?[id] = nil
            guests[id] = nil
            details[id] = nil
            action = .withdraw(id)
        }
        return [action] + (known == before ? [] : [.remember])
            + (Demands(domain) == demands ? [] : [.inspectHost])
    }

    /// What of a definition an inspection of the host looks at.
    private struct Demands: Equatable {
        let hostDevices: [PCIAddress]
        let mediatedDevices: [MediatedDeviceID]
        let isRestless: Bool

        init(_ domain: Domain?) {
            hostDevices = domain?.assignedDevices ?? []
            mediatedDevices = domain?.state.isStarted == true ? domain?.mediatedDevices ?? [] : []
            isRestless = domain?.isRestless ?? false
        }
    }

    private mutating func connected(_ list: [Domain]) -> [Action] {
        let events = DomainDiff.events(from: known, to: list)
        let gone = Set((known ?? [:]).keys).union(domains.keys).subtracting(list.map(\.id))
        isReachable = true
        hasLooked = true
        domains = Dictionary(list.map { ($0.id, $0) }) { _, last in last }
        guests = guests.filter { domains[$0.key]?.state.isStarted == true }
        details = details.filter { domains[$0.key] != nil }
        known = domains.mapValues(KnownDomain.init)
        // The events are recorded before they are remembered as known: a crash in between repeats them, and loses none.
        return [.recordConnection(HostEvent(what: "connected", message: "\(list.count) domains"))]
            + events.map { .record(.vmLifecycle, $0) } + gone.sorted().map { .withdraw($0) }
            + domains.values.sorted { $0.id < $1.id }.map { .publish(document($0)) } + talkative.map { .askGuest($0) }
            + domains.keys.sorted().map { .lookAtDetails($0) } + [.remember]
    }

    private func document(_ domain: Domain) -> VMDocument {
        VMDocument(
            id: domain.id, name: domain.name, state: isReachable ? domain.state : .unknown,
            memoryBytes: domain.memoryBytes, vcpus: domain.vcpus, persistent: domain.persistent,
            autostart: domain.autostart || domain.isStartedByAgent, guestAgent: isReachable ? domain.guestAgent : nil,
            origin: domain.origin,
            genID: domain.genID, macAddresses: domain.macAddresses,
            guest: isReachable ? guests[domain.id] : nil, snapshots: details[domain.id]?.snapshots?.own,
            foreignSnapshots: details[domain.id]?.snapshots.flatMap { $0.foreign.isEmpty ? nil : $0.foreign },
            unkeptBytes: details[domain.id]?.snapshots?.unkeptBytes,
            demand: isReachable ? domain.runningDemand : nil, drift: details[domain.id]?.drift,
            guestCommands: details[domain.id]?.guestCommands, override: details[domain.id]?.override,
            power: domain.isOurs ? powerPolicies.power(of: domain) : nil)
    }
}

extension Domain {
    /// The host's devices that are nobody else's: all that a definition gives away, but for those of virtfleet's own VMs that
    /// do not run, which get theirs anew at each start.
    var assignedDevices: [PCIAddress] { isOurs && !state.isStarted ? [] : hostDevices }
}

import FleetModel
import Hypervisor

/// The events that must have happened between two looks at the domains. They carry `synthesised`, no detail, and
/// libvirt's order: what ended comes before what began.
enum DomainDiff {
    /// - Parameter known: the last look; nil when there never was one, which makes this the baseline without events.
    static func events(from known: [VMID: KnownDomain]?, to domains: [Domain]) -> [VMEvent] {
        guard let known else { return [] }
        let present = Dictionary(domains.map { ($0.id, $0) }) { _, last in last }
        var events: [VMEvent] = []
        for (id, old) in known.sorted(by: { $0.key < $1.key }) where present[id] == nil {
            if old.state.isStarted { events.append(event(id, old.name, "stopped")) }
            if old.persistent { events.append(event(id, old.name, "undefined")) }
        }
        for (id, domain) in present.sorted(by: { $0.key < $1.key }) {
            let old = known[id]
            if domain.persistent, old?.persistent != true || old?.name != domain.name {
                events.append(event(id, domain.name, "defined"))
            }
            if let word = word(from: old?.state ?? .shutoff, to: domain.state) {
                events.append(event(id, domain.name, word))
            }
        }
        return events
    }

    /// libvirt's word for the way from one state to the other; nil when there is none to tell.
    private static func word(from old: VMDocument.State, to new: VMDocument.State) -> String? {
        if old == new || new == .unknown { return nil }
        switch (old.isStarted, new.isStarted) {
        case (true, false): return "stopped"
        case (false, false): return nil
        case (false, true): return new == .crashed ? "crashed" : "started"
        case (true, true): break
        }
        switch new {
        case .crashed: return "crashed"
        case .pmSuspended: return "pm-suspended"
        case .paused: return "suspended"
        case .running, .blocked:
            return old == .running || old == .blocked ? nil : old == .crashed ? "started" : "resumed"
        default: return nil
        }
    }

    private static func event(_ id: VMID, _ name: String, _ word: String) -> VMEvent {
        VMEvent(vm: id, name: name, event: word, synthesised: true)
    }
}

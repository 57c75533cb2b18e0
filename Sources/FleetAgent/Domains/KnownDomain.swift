import FleetModel
import Hypervisor

/// What the agent remembers of a domain across its own restarts, to conclude what happened meanwhile.
struct KnownDomain: Codable, Equatable {
    var name: String
    var state: VMDocument.State
    var persistent: Bool

    init(_ domain: Domain) {
        name = domain.name
        state = domain.state
        persistent = domain.persistent
    }
}

/// All of them, as they are kept in `domains.json`.
struct KnownDomains: Codable, Equatable {
    var domains: [VMID: KnownDomain]
}

extension VMDocument.State {
    /// The domain has a process, or had one when it crashed.
    var isStarted: Bool {
        switch self {
        case .running, .blocked, .paused, .shutdown, .pmSuspended, .crashed: true
        case .noState, .shutoff, .unknown: false
        }
    }
}

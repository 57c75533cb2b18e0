import FleetModel
import HostPower
import Hypervisor
import Provisioning

/// What is done with each VM before its host sleeps or shuts down. Pure.
///
/// Only VMs that virtfleet made and that run; one that a person has paused stays as it is.
struct PowerPlan: Equatable {
    enum Action: Equatable, Sendable { case pause, save, shutdown }

    /// How much of guests' memory a disk takes in a second, all of them together: that of a hard disk.
    static let bytesPerSecond = 100.0 * 1024 * 1024

    private(set) var actions: [VMID: Action] = [:]
    /// Those that were to be saved and for which there is no time.
    private(set) var unsaved: [Domain] = []
    /// How many times the limit it takes to save all that were to be saved.
    private(set) var saving = 0.0

    /// - Parameters:
    ///   - policies: they take the place of what profiles say.
    ///   - spared: VMs that a job is working on.
    ///   - limit: in which all of it has to be done.
    init(
        _ occasion: HostPower.Occasion, _ domains: [Domain], by policies: [PowerPolicy] = [],
        sparing spared: Set<VMID>, within limit: Duration
    ) {
        var toSave: [Domain] = []
        for domain in domains where domain.isOurs && !spared.contains(domain.id) && domain.state.isExecuting {
            let power = policies.power(of: domain)
            switch (occasion, power.onSleep, power.onShutdown) {
            case (.sleep, .pause, _): actions[domain.id] = .pause
            case (.sleep, .ignore, _): break
            case (.sleep, .save, _), (.shutdown, _, .save): toSave.append(domain)
            case (.sleep, .shutdown, _), (.shutdown, _, .shutdown): actions[domain.id] = .shutdown
            }
        }
        // The small ones first: most of them find room then.
        var bytes = 0.0
        for domain in toSave.sorted(by: { ($0.memoryBytes, $0.name) < ($1.memoryBytes, $1.name) }) {
            bytes += Double(domain.memoryBytes)
            saving = bytes / Self.bytesPerSecond / limit.seconds
            if saving <= 1 {
                actions[domain.id] = .save
            } else {
                actions[domain.id] = Self.instead(of: occasion)
                unsaved.append(domain)
            }
        }
    }

    /// What is done with a VM that cannot be saved.
    static func instead(of occasion: HostPower.Occasion) -> Action {
        switch occasion {
        case .sleep: .pause
        case .shutdown: .shutdown
        }
    }
}

extension VMDocument.State {
    /// The guest's processors run.
    var isExecuting: Bool { self == .running || self == .blocked }
}

import Configuration
import FleetModel
import Rollouts

/// What an operator wants of many hosts: who, what, and how carefully.
public struct RolloutIntent: FleetDocument, Announced, Equatable {
    /// Kinds of jobs that can be asked of many hosts with the same words.
    public static let kinds: [JobKindName] = [
        .vmClone, .vmUpdate, .vmFix, .vmStart, .vmStop, .vmReboot, .snapshotCreate, .guestExec,
    ]

    /// Which hosts: a selection, docs/rollouts.md; every registered one without any.
    public var hosts = Selector.everything
    public var kind = JobKindName.vmUpdate.rawValue
    public var vms = VMs()
    /// Of the job, as the API takes them, without the VM.
    public var arguments: [String: String] = [:]

    /// Hosts that begin before all others.
    public var canary = Canary()
    /// How many hosts each wave lets begin beside those before; all that are left belong to a last one.
    public var waves: [Share] = [.percent(10)]
    /// Between the end of a wave and the next.
    public var soak = Interval.seconds(3600)
    /// How many hosts may be about it at the same time.
    public var concurrency = 20
    /// With more failures among the hosts that came to an end it halts.
    public var failureThreshold = Share.percent(10)

    /// The name of a window in which hosts begin; at any time without one.
    public var window: ResourceName?
    /// After so many missed windows a host begins outside them; 0 for never.
    public var forceAfter = 0
    /// What a host has to meet to begin.
    public var requirements: [JobRequirement] = []
    /// How long before its begin the person at the host is told; not at all with 0s.
    public var notice = Interval.seconds(0)
    /// How often that person may put it off.
    public var deferrals = 0
    /// How long a host has to begin before its place goes to another, and it is asked anew; with a window, until that closes.
    public var patience = Interval.seconds(4 * 3600)
    /// When every host has to have come to an end.
    public var deadline = Interval.seconds(14 * 86_400)

    /// Whether hosts that come to meet the selection later are taken in.
    public var continuous = false
    /// How many people beside the one who applies it have to approve it.
    public var approvals = 0
    public var abort = Abort.finish

    /// What becomes of hosts that have begun when the rollout is aborted.
    public enum Abort: String, Codable, CaseIterable, Sendable {
        case finish
        case rollBack = "roll-back"
    }

    public struct Canary: ConfigurationSection, Equatable {
        /// How many; none with 0.
        public var count = Share.count(1)
        /// Which hosts are taken for it first.
        public var hosts = Selector.everything
        public init() {}
    }

    /// Of the VMs of the hosts, for kinds of jobs that are about one.
    public struct VMs: ConfigurationSection, Equatable {
        /// Those cloned by these profiles; all that virtfleet made without any.
        public var profiles: [ResourceName] = []
        /// Those with these names; all without any.
        public var names: [String] = []
        public init() {}

        /// Whether it is about a VM.
        public func concerns(_ vm: VMDocument) -> Bool {
            guard let origin = vm.origin else { return false }
            return (profiles.isEmpty || profiles.contains { $0.description == origin.profile })
                && (names.isEmpty || names.contains(vm.name))
        }
    }

    public init() {}

    public func validate(_ check: SectionCheck) {
        if !Self.kinds.contains(where: { $0.rawValue == kind }) {
            check.problem("kind", "expected one of \(Self.kinds.map(\.rawValue).joined(separator: ", "))")
        }
        if waves.count > 20 { check.problem("waves", "expected at most 20 waves") }
        check.range("concurrency", concurrency, 1...100_000)
        check.range("approvals", approvals, 0...10)
        if forceAfter != 0 {
            check.range("forceAfter", forceAfter, JobConditions.forceAfterRange)
            if window == nil { check.problem("forceAfter", "says after how many missed windows; there is no window") }
        }
        let length = { (key: String, value: Interval, least: String, most: String) in
            guard let lower = Interval(least), let upper = Interval(most), !(lower...upper).contains(value) else {
                return
            }
            check.problem(key, "expected from \(least) to \(most), got \(value)")
        }
        length("soak", soak, "0s", "30d")
        length("patience", patience, "10m", "7d")
        length("deadline", deadline, "1h", "90d")
        checkNotice(check)
        if requirements.count > JobConditions.maximumRequirements {
            check.problem("requirements", "expected at most \(JobConditions.maximumRequirements)")
        }
    }

    /// The arguments as the API takes them: what is true or false, and what is a number, by its name.
    public var jobArguments: [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: arguments.map { key, text in
                if ["start", "force", "memory"].contains(key), let value = Bool(text) { return (key, .bool(value)) }
                if key.hasSuffix("Seconds"), let value = Int64(text) { return (key, .integer(value)) }
                return (key, .string(text))
            })
    }

    public var rules: RolloutRules {
        RolloutRules(
            waves: ([canary.count] + waves).filter { $0 != .count(0) && $0 != .percent(0) },
            soakSeconds: Int(soak.duration.components.seconds), concurrency: concurrency,
            failureThreshold: failureThreshold, patienceSeconds: Int(patience.duration.components.seconds),
            forceAfter: forceAfter == 0 ? nil : forceAfter, rollsBackOnAbort: abort == .rollBack)
    }
}

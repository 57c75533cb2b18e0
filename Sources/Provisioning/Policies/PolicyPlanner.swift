import FleetModel
import FoundationEssentials
import Signing

/// Decides what a host asks of itself by its policies. Each job has an ID that follows from what it is for, so that it is asked
/// for once, whoever looks and how often. Pure.
struct PolicyPlanner {
    struct VM: Equatable, Sendable {
        var id: VMID
        var name: String
        var profile: String
        /// The image of its system disk.
        var template: Digest?
        var isRunning = true
    }

    struct LocalJob: Equatable, Sendable {
        var policy: ResourceName
        var job: Job
    }

    /// What begins later than that was missed.
    private static let punctuality: Double = 120
    /// Hosts that wake up together begin within this time.
    private static let jitter: Double = 600
    static let day: Double = 86_400

    let host: HostID

    /// The snapshots that are due: of several times that were missed the last alone, and that within its grace.
    func snapshots(by policies: [SnapshotPolicy], of vms: [VM], at now: Date) -> [LocalJob] {
        policies.flatMap { policy -> [LocalJob] in
            guard let time = policy.window(at: now)?.start else { return [] }
            let window = Occurrence(start: time, end: time + Double(policy.graceSeconds))
            return vms.filter { policy.concerns(vm: $0.name, profile: $0.profile) }.compactMap { vm in
                var digits = DigestGenerator(text: "\(host)/\(policy.name)/\(vm.id)/\(FleetJSON.text(time))")
                let id = Self.id(at: time, &digits)
                let arguments = SnapshotCreateArguments(
                    vm: vm.id, name: Self.name(policy.name, time), policy: policy.name,
                    memory: policy.memory ? true : nil)
                var job = Job(
                    id: id, kind: JobKindName.snapshotCreate.rawValue,
                    arguments: (try? FleetJSON.value(arguments)) ?? .null, expiresAt: window.end)
                job.notBefore = Self.lateStart(in: window, at: now, &digits)
                job.requirements =
                    (policy.requirements ?? [])
                    + (policy.minimumFreeMiB.map { [JobRequirement.disk(mebibytes: $0).description] } ?? [])
                return LocalJob(policy: policy.name, job: job)
            }
        }
    }

    /// The deletions of what the policies keep no longer, oldest first. One that does not succeed is asked for anew another day.
    func deletions(
        by policies: [SnapshotPolicy], of vm: VM, _ snapshots: [VMSnapshot], at now: Date
    ) -> [LocalJob] {
        policies.filter { $0.concerns(vm: vm.name, profile: vm.profile) }.flatMap { policy in
            policy.keep.expendable(snapshots, of: policy.name).map { snapshot in
                let today = Date(
                    timeIntervalSince1970: (now.timeIntervalSince1970 / Self.day).rounded(.down) * Self.day)
                var digits = DigestGenerator(text: "\(host)/\(policy.name)/\(snapshot.id)/\(FleetJSON.text(today))")
                let arguments = SnapshotArguments(vm: vm.id, snapshot: snapshot.id)
                return LocalJob(
                    policy: policy.name,
                    job: Job(
                        id: Self.id(at: today, &digits), kind: JobKindName.snapshotDelete.rawValue,
                        arguments: (try? FleetJSON.value(arguments)) ?? .null, expiresAt: now + Self.day))
            }
        }
    }

    /// When something is due next.
    func nextTime(of policies: [any TimedPolicy], after now: Date) -> Date? {
        policies.compactMap { $0.times.first { $0 > now } }.min()
    }

    /// What was missed begins at another time on each host; nil for what is in time.
    static func lateStart(in window: Occurrence, at now: Date, _ digits: inout DigestGenerator) -> Date? {
        guard now > window.start + punctuality else { return nil }
        let longest = min(jitter, window.end.timeIntervalSince(now) / 4)
        return now + Double.random(in: 0...longest, using: &digits)
    }

    static func id(at time: Date, _ digits: inout DigestGenerator) -> JobID {
        JobID(milliseconds: UInt64(max(0, time.timeIntervalSince1970 * 1000)), using: &digits)
    }

    /// `nightly-20261130-2200`, in UTC; cut to what a name may have.
    static func name(_ policy: ResourceName, _ time: Date) -> ResourceName {
        let digits = FleetJSON.text(time).filter(\.isNumber)
        let stamp = "\(digits.prefix(8))-\(digits.dropFirst(8).prefix(4))"
        return ResourceName("\(policy.description.prefix(40))-\(stamp)")!
    }
}

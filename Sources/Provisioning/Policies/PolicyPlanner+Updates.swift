import FleetModel
import FoundationEssentials
import Signing

extension PolicyPlanner {
    /// An update that is forced may begin for so long, whatever the calendar says; then it is asked for anew.
    private static let patience = 30 * day

    /// The updates that VMs have not got yet, each in its window, or in so many windows as have to be missed until it waits for
    /// none any more. Of policies that are about one VM the first by name counts.
    func updates(by policies: [UpdatePolicy], of vms: [VM], at now: Date) -> [LocalJob] {
        vms.compactMap { vm in
            guard let policy = policies.first(concerning: vm.name, profile: vm.profile),
                vm.template != policy.image.digest,
                let window = policy.window(at: now) ?? policy.window(after: now, within: lead(of: policy))
            else { return nil }
            return LocalJob(policy: policy.name, job: update(of: vm, by: policy, from: window, at: now))
        }
    }

    private func update(of vm: VM, by policy: UpdatePolicy, from window: Occurrence, at now: Date) -> Job {
        let (words, image) = (policy.requirements ?? [], policy.image)
        let forceAfter = (try? JobTerms(words: words))?.forceAfter
        let windows = policy.windows(from: window, count: forceAfter ?? 1)
        let end = windows.last?.end ?? window.end
        var digits = DigestGenerator(
            text: "\(host)/\(policy.name)/\(vm.id)/\(image.digest)/\(words)/"
                + windows.map { "\(FleetJSON.text($0.start))-\(FleetJSON.text($0.end))" }.joined(separator: "/"))
        let id = Self.id(at: window.start, &digits)
        let arguments = UpdateArguments(
            vm: vm.id, image: image, snapshot: Self.name(policy.name, window.start, image),
            shutdownTimeoutSeconds: policy.shutdownTimeoutSeconds, start: policy.start,
            guestAgentTimeoutSeconds: policy.guestAgentTimeoutSeconds)
        return Job(
            id: id, kind: JobKindName.vmUpdate.rawValue, arguments: (try? FleetJSON.value(arguments)) ?? .null,
            notBefore: Self.lateStart(in: window, at: now, &digits),
            expiresAt: windows.count == forceAfter ? end + Self.patience : end, requirements: words, windows: windows)
    }

    /// `monthly-20261130-2200-9f86d081`: in one window there may come more than one version.
    private static func name(_ policy: ResourceName, _ time: Date, _ image: ImageReference) -> ResourceName {
        ResourceName("\(name(policy, time))-\(image.digest.description.prefix(8))")!
    }

    /// How long before its time an update is asked for, so that its image is on the host by then: another time on each host, as they
    /// fetch it from one place.
    private func lead(of policy: UpdatePolicy) -> Double {
        var digits = DigestGenerator(text: "\(host)/\(policy.name)/lead")
        return Double.random(in: Self.day / 2...Self.day, using: &digits)
    }

    /// When there may be another update to ask for, by the passing of time alone.
    func nextUpdate(by policies: [UpdatePolicy], after now: Date) -> Date? {
        policies.compactMap { policy in
            let lead = lead(of: policy)
            let edges = [policy.window(at: now)?.end, policy.times.first { $0 - lead > now }.map { $0 - lead }]
            return edges.compactMap(\.self).min()
        }.min()
    }
}

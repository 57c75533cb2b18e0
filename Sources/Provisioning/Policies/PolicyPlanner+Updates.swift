import FleetModel
import FoundationEssentials
import Signing

extension PolicyPlanner {
    /// An update is asked for so long before its time, so that its image is on the host by then.
    private static let lead = day

    /// The updates that VMs have not got yet, each in its window. Of policies that are about one VM the first by name counts.
    func updates(by policies: [UpdatePolicy], of vms: [VM], at now: Date) -> [LocalJob] {
        vms.compactMap { vm in
            guard let policy = policies.first(concerning: vm.name, profile: vm.profile),
                vm.template != policy.image.digest,
                let window = policy.window(at: now) ?? policy.window(after: now, within: Self.lead)
            else { return nil }
            return LocalJob(policy: policy.name, job: update(of: vm, by: policy, in: window, at: now))
        }
    }

    private func update(of vm: VM, by policy: UpdatePolicy, in window: Occurrence, at now: Date) -> Job {
        let (time, image) = (window.start, policy.image)
        var digits = DigestGenerator(text: "\(host)/\(policy.name)/\(vm.id)/\(FleetJSON.text(time))/\(image.digest)")
        let id = Self.id(at: time, &digits)
        let arguments = UpdateArguments(
            vm: vm.id, image: image, snapshot: Self.name(policy.name, time, image),
            shutdownTimeoutSeconds: policy.shutdownTimeoutSeconds, start: policy.start,
            guestAgentTimeoutSeconds: policy.guestAgentTimeoutSeconds)
        return Job(
            id: id, kind: JobKindName.vmUpdate.rawValue, arguments: (try? FleetJSON.value(arguments)) ?? .null,
            notBefore: Self.lateStart(in: window, at: now, &digits), expiresAt: window.end,
            requirements: policy.requirements ?? [], windows: [window])
    }

    /// `monthly-20261130-2200-9f86d081`: in one window there may come more than one version.
    private static func name(_ policy: ResourceName, _ time: Date, _ image: ImageReference) -> ResourceName {
        ResourceName("\(name(policy, time))-\(image.digest.description.prefix(8))")!
    }

    /// When there may be another update to ask for, by the passing of time alone.
    func nextUpdate(by policies: [UpdatePolicy], after now: Date) -> Date? {
        policies.compactMap { policy in
            let edges = [
                policy.window(at: now)?.end, policy.times.first { $0 - Self.lead > now }.map { $0 - Self.lead },
            ]
            return edges.compactMap(\.self).min()
        }.min()
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import Signing

/// What the host asks of itself by its policies, with no network either.
extension JobRunner {
    /// The newest revision taken, for the host's presence.
    public var desiredRevision: UInt64 { desiredGate.revision }

    /// What takes the place of what profiles say of the host's sleep.
    public var powerPolicies: [PowerPolicy] { desired?.power ?? [] }

    /// Takes what arrived on `down/<host>/desired`.
    public func receive(desired envelope: [UInt8]) async {
        await judge(desired: envelope)
        if pendingDesired != nil { wake.send(()) }
    }

    func judge(desired envelope: [UInt8]) async {
        pendingDesired = nil
        switch desiredGate.judge(envelope: envelope, keys: keys, now: saneTime()) {
        case .alreadyHave: break
        case .refuse(let reason, let message):
            logger.warning("refused a desired state: \(reason.rawValue): \(message)")
            await outlets.refused(HostEvent(what: reason.rawValue, message: message))
        case .accept(let state, let digest):
            do {
                guard try await journal.take(state, digest: digest, configured: configuration.keys),
                    state.revision > desiredGate.revision
                else { return }
                desiredGate.take(state, digest: digest)
                trust(state.keys ?? keys)
                let power = powerPolicies
                desired = state
                prunedVMs = []
                logger.info("took desired state \(state.revision) with \(state.policySet.all.count) policies")
                if powerPolicies != power { powerChanges.send(()) }
                wake.send(())
            } catch {
                logger.error("cannot store desired state \(state.revision), will try again: \(error)")
                pendingDesired = envelope
            }
        }
    }

    private func trust(_ keys: [VerifyingKey]) {
        guard keys != self.keys else { return }
        self.keys = keys
        logger.notice("trusts the controller's keys \(keys.map(\.keyID).joined(separator: ", ")) from now on")
    }

    /// Asks for what is due; what was asked for already is not asked for again.
    /// - Returns: how long nothing becomes due; nil when nothing ever does, or nothing can be said.
    func planByPolicies() async throws -> Duration? {
        guard let desired, case let policies = desired.policySet, !policies.timed.isEmpty, let now = saneTime() else {
            return nil
        }
        let planner = PolicyPlanner(host: configuration.host)
        let domains = try await host.hypervisor.domains().filter(host.isOwn)
        let vms = domains.map(PolicyPlanner.VM.init)
        var jobs: [PolicyPlanner.LocalJob] = []
        if isAllowed(.snapshotCreate) { jobs += planner.snapshots(by: policies.snapshots, of: vms, at: now) }
        if isAllowed(.snapshotDelete), !policies.snapshots.isEmpty {
            for (domain, vm) in zip(domains, vms) where !prunedVMs.contains(vm.id) {
                // Others may have come while something was waited for.
                guard self.desired == desired else { return .zero }
                // First: what happens while the snapshots are read has them read again.
                prunedVMs.insert(vm.id)
                jobs += planner.deletions(by: policies.snapshots, of: vm, try await snapshots(of: domain), at: now)
            }
        }
        if isAllowed(.vmUpdate) {
            jobs += try await updates(wanted: planner.updates(by: policies.updates, of: vms, at: now), of: vms)
        }
        if isAllowed(.guestExec) {
            jobs += try await commands(
                wanted: planner.guestCommands(by: policies.guestCommands, of: vms, at: now), in: domains)
        }
        for local in jobs where try await journal.plan(local.job, of: local.policy, in: desired.revision) {
            logger.with("job", local.job.id).info("policy \(local.policy) asks for \(local.job.kind)")
        }
        let next = [
            planner.nextTime(of: policies.timed, after: now), planner.nextUpdate(by: policies.updates, after: now),
            planner.nextLook(by: policies.guestCommands, at: now),
        ]
        return next.compactMap(\.self).min().map { .seconds($0.timeIntervalSince(now)) }
    }

    private func isAllowed(_ kind: JobKindName) -> Bool { configuration.allowedKinds.contains(kind) }

    /// A VM whose snapshots cannot be read keeps no other from having theirs.
    private func snapshots(of domain: Domain) async throws -> [VMSnapshot] {
        do {
            return try await SnapshotCatalogue(host).snapshots(of: domain)?.own ?? []
        } catch {
            if Task.isCancelled { throw CancellationError() }
            if let error = error as? HypervisorError, error.code == .disconnected {
                prunedVMs.remove(domain.id)
                throw error
            }
            logger.with("vm", domain.name).warning(
                "no policy looks through its snapshots until it makes the next one: \(error)")
            return []
        }
    }
}

extension PolicyPlanner.VM {
    fileprivate init(_ domain: Domain) {
        self.init(
            id: domain.id, name: domain.name, profile: domain.origin?.profile ?? "", template: domain.origin?.template,
            isRunning: [.running, .blocked].contains(domain.state))
    }
}

import FleetModel

extension JobRunner {
    /// Takes back what a VM has got in another way meanwhile.
    /// - Returns: those of the updates to ask for: none that was asked for already, in this window or in one before it, and none of
    ///   a VM that is being updated; that is looked at when it has ended.
    func updates(
        wanted: [PolicyPlanner.LocalJob], of vms: [PolicyPlanner.VM]
    ) async throws -> [PolicyPlanner.LocalJob] {
        var updating: Set<VMID> = []
        for entry in try await journal.unfinished() {
            guard let update = UpdateArguments(of: entry.job) else { continue }
            if entry.isStarted {
                updating.insert(update.vm)
            } else if entry.policy != nil,
                vms.first(where: { $0.id == update.vm })?.template == update.image.digest
            {
                try await journal.withdraw(entry.id)
            }
        }
        var before: [ResourceName: [JournalledJob]] = [:]
        for policy in Set(wanted.map(\.policy)) { before[policy] = try await journal.jobs(of: policy) }
        return wanted.filter { local in
            guard let update = UpdateArguments(of: local.job), !updating.contains(update.vm) else { return false }
            return before[local.policy]?.contains { $0.covers(local.job, update) } != true
        }
    }
}

extension JournalledJob {
    /// Whether it leaves nothing to do for another job of the same policy: it is still to be done, or was tried in the same window,
    /// or somebody has taken it back for all of its windows.
    fileprivate func covers(_ other: Job, _ update: UpdateArguments) -> Bool {
        guard wanted, let own = UpdateArguments(of: job), own.vm == update.vm, own.image.digest == update.image.digest
        else { return false }
        guard state.isTerminal, let window = other.windows.first else { return true }
        return begunAt.map { $0 >= window.start } ?? (state != .rejected && job.windows.contains(window))
    }
}

extension UpdateArguments {
    /// Nil for a job of another kind.
    fileprivate init?(of job: Job) {
        guard job.kind == JobKindName.vmUpdate.rawValue,
            let arguments = try? FleetJSON.decode(Self.self, from: job.arguments)
        else { return nil }
        self = arguments
    }
}

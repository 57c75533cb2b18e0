import FleetModel

extension JobRunner {
    /// Takes back what a VM has got in another way meanwhile.
    /// - Returns: those of the updates to ask for; a VM that is being updated is looked at when that has ended.
    func updates(
        wanted: [PolicyPlanner.LocalJob], of vms: [PolicyPlanner.VM]
    ) async throws -> [PolicyPlanner.LocalJob] {
        var updating: Set<VMID> = []
        for entry in try await journal.unfinished() where entry.job.kind == JobKindName.vmUpdate.rawValue {
            guard let update = try? FleetJSON.decode(UpdateArguments.self, from: entry.job.arguments) else { continue }
            if entry.isStarted {
                updating.insert(update.vm)
            } else if entry.policy != nil,
                vms.first(where: { $0.id == update.vm })?.template == update.image.digest
            {
                try await journal.withdraw(entry.id)
            }
        }
        return wanted.filter { local in
            (try? JobKinds.read(local.job).vm).map { !updating.contains($0) } ?? false
        }
    }
}

import FleetModel
import Hypervisor

extension JobRunner {
    /// - Returns: those of the commands that are news and that the profiles of their VMs have.
    func commands(
        wanted: [PolicyPlanner.LocalJob], in domains: [Domain]
    ) async throws -> [PolicyPlanner.LocalJob] {
        var possible: [PolicyPlanner.LocalJob] = []
        for local in wanted where try await journal.job(local.job.id) == nil {
            let arguments = try FleetJSON.decode(ExecArguments.self, from: local.job.arguments)
            guard let domain = domains.first(where: { $0.id == arguments.vm }),
                let known = try await commandNames(of: domain)
            else { continue }
            if known.contains(arguments.command) {
                possible.append(local)
            } else if lackingCommands.insert(LackingCommand(vm: domain.id, command: arguments.command)).inserted {
                logger.with("vm", domain.name).notice(
                    "policy \(local.policy) passes over it, as its profile names no command '\(arguments.command)'")
            }
        }
        return possible
    }

    /// Nil for a VM that cannot be read; it keeps no other from having its command run.
    private func commandNames(of domain: Domain) async throws -> [ResourceName]? {
        do {
            return try await GuestCommandCatalogue(host).commands(of: domain)?.map(\.name) ?? []
        } catch {
            if Task.isCancelled { throw CancellationError() }
            if let error = error as? HypervisorError, error.code == .disconnected { throw error }
            logger.with("vm", domain.name).warning("cannot see which commands its profile names: \(error)")
            return nil
        }
    }

    /// What was told once.
    struct LackingCommand: Hashable {
        var vm: VMID
        var command: ResourceName
    }
}

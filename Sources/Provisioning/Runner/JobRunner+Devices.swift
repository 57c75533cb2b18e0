import FleetModel
import Hypervisor

/// What has become of the host's devices while no agent looked.
extension JobRunner {
    /// Renews the addresses in the definitions of VMs that are off, and starts those that start with their host. No job begins
    /// meanwhile; the VMs of those that have begun are left to them.
    /// - Returns: whether that is done for this life of the agent.
    func renewDevices() async throws -> Bool {
        let begun = try await journal.unfinished().filter(\.isStarted)
        let busy = Set(begun.compactMap { try? JobKinds.read($0.job).vm } + activities.values.compactMap(\.vm))
        do {
            let isComplete = try await host.renewDevices(except: busy)
            for (name, error) in try await host.startWithHost(except: busy).sorted(by: { $0.key < $1.key }) {
                logger.with("vm", name).error("it does not start with its host: \(error)")
            }
            return isComplete
        } catch let error as HypervisorError where error.code == .disconnected {
            return false
        } catch {
            logger.error("cannot renew which devices the VMs have: \(error)")
            return true
        }
    }
}

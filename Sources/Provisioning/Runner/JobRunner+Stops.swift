import FleetModel

/// What VMs leave behind that stop without a job: their guest shut down, or somebody else stopped them.
extension JobRunner {
    /// Several that stop together are settled once.
    private static let patience = Duration.seconds(1)

    /// Takes note that a VM has stopped, whoever stopped it: soon others have its cores, and its huge pages are given back.
    public func vmStopped(_ vm: VMID) {
        stopped.insert(vm)
        stops.send(())
    }

    func settleAfterStops() async {
        for await _ in stops {
            // A job at work on the VM may be about to start it again, and so may the host when it is awake again.
            repeat {
                guard (try? await host.time.sleep(for: Self.patience)) != nil else { return }
            } while isHeld
                || activities.values.contains(where: { $0.kind == .working && $0.vm.map(stopped.contains) == true })
            stopped = []
            do {
                try await host.resettle()
                moves.send(())
            } catch {
                logger.warning("what VMs that stopped had stays unused until the next one stops: \(error)")
            }
        }
    }
}

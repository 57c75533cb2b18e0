import FleetModel

extension FleetStore {
    /// A host's job set may differ from what was last published.
    func intend(for host: HostID) {
        changedJobSets.insert(host)
        intents.announce(0)
    }

    func forget(_ host: HostID) {
        changedJobSets.remove(host)
    }
}

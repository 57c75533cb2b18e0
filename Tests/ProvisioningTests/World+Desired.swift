import FleetModel
import FoundationEssentials
import Signing

extension World {
    /// A desired state that the controller, or somebody else, has signed.
    func desired(
        _ revision: UInt64, _ policies: PolicySet, key: SigningKey? = nil, host: HostID? = nil
    ) throws -> [UInt8] {
        let state = DesiredState(
            fleet: Self.fleet, host: host ?? Self.hostID, revision: revision, issuedAt: time.now(),
            expiresAt: time.now() + 86_400 * 90, policies: policies.snapshots, updates: policies.updates,
            guestCommands: policies.guestCommands, power: policies.power)
        return try Envelope(
            signing: [UInt8](FleetJSON.encode(state)), type: DesiredState.payloadType, with: [key ?? self.key]
        ).json()
    }

    /// The last report of each of this kind's jobs that have ended.
    func ended(_ kind: JobKindName) -> [JobReport] {
        reports.withLock { $0.filter { $0.kind == kind.rawValue && $0.state.isTerminal } }
    }
}

import FleetModel
import Hypervisor

/// What may be run in the guests of a host.
public struct GuestCommandCatalogue: Sendable {
    private let host: JobHost

    public init(_ host: JobHost) { self.host = host }

    /// - Returns: nil for a VM that virtfleet did not make, or whose definition does not hold its profile.
    /// - Throws: what the hypervisor throws.
    public func commands(of domain: Domain) async throws -> [GuestCommand]? {
        guard host.isOwn(domain) else { return nil }
        return try DomainDefinition(xml: await host.hypervisor.definition(of: domain.id)).madeBy?.guestCommands
    }
}

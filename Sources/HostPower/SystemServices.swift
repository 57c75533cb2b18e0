import FleetRuntime
import Glibc

/// What services on the system's message bus say of the host and of those who sit at it, when they are asked. Each question
/// makes a connection of its own, so that a bus that was restarted is no matter.
public final class SystemServices: Sendable {
    private static let networkManager = "org.freedesktop.NetworkManager"

    private let address: String?
    /// sd-bus blocks, and a connection belongs to one thread.
    private let thread = BlockingWork(name: "vf-dbus")

    /// - Parameter address: of the message bus, as D-Bus writes it; nil for the system's.
    public init(address: String? = nil) { self.address = address }

    /// Whether NetworkManager knows or guesses that the connection is metered; nil when it does not say.
    public func isMetered() async -> Bool? {
        let value: UInt32? = try? await thread.run {
            guard let bus = try bus(with: Self.networkManager) else { return nil }
            return try bus.unsignedProperty(
                "Metered", of: Self.networkManager, at: "/org/freedesktop/NetworkManager", from: Self.networkManager)
        }
        // NMMetered: yes, no, guessed yes, guessed no.
        return switch value {
        case 1, 3: true
        case 2, 4: false
        default: nil
        }
    }

    /// The programs that have logind keep the host from counting as idle: a film, a presentation. None on a host without logind.
    /// - Throws: when there is a logind that does not answer.
    public func idleInhibitors() async throws -> [String] {
        let inhibitors = try await thread.run {
            try bus(with: Logind.name)?.structures(
                from: Logind.name, at: Logind.path, Logind.manager, "ListInhibitors", of: "ssssuu") ?? []
        }
        let names = inhibitors.compactMap { fields -> String? in
            guard fields.count == 6, fields[0].text.split(separator: ":").contains("idle"),
                fields[3].text.hasPrefix("block"), fields[5].number != UInt32(getpid())
            else { return nil }
            return fields[1].text
        }
        return Set(names).sorted()
    }

    /// The names of the users who have a session on a seat of the host, by their IDs. None on a host without logind.
    /// - Throws: when there is a logind that does not answer.
    public func seatedUsers() async throws -> [UInt32: String] {
        let sessions = try await thread.run {
            try bus(with: Logind.name)?.structures(
                from: Logind.name, at: Logind.path, Logind.manager, "ListSessions", of: "susso") ?? []
        }
        var users: [UInt32: String] = [:]
        for fields in sessions where fields.count == 5 && !fields[3].text.isEmpty {
            users[fields[1].number] = fields[2].text
        }
        return users
    }

    /// A connection to the bus where the service is there already: nobody is started by being asked.
    private func bus(with service: String) throws(SystemBusError) -> SystemBus? {
        guard let bus = try? SystemBus(address: address) else { return nil }
        return try bus.hasOwner(service) ? bus : nil
    }
}

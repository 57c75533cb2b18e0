import FleetModel
import FleetStore
import Signing

/// `/api/v1/keys`.
enum KeyRoutes {
    static let all = [
        Route(
            .get, "/api/v1/keys", "The keys that sign for the controller, the oldest first, and who trusts them",
            success: (200, .page(of: "Key"))
        ) { call in try .json(try await keys(call)) },
        Route(
            .post, "/api/v1/keys", "Make the next key; it signs beside the present one until one is retired",
            success: (201, .page(of: "Key")), handle: rotate),
        Route(
            .delete, "/api/v1/keys/{key}", "Give up a key for good; refused while hosts trust no other",
            query: [
                Route.Parameter(
                    name: "force", summary: "`true`: leave those hosts behind; they need a new agent.yaml",
                    schema: .boolean)
            ], success: (200, .page(of: "Key")), handle: retire),
    ]

    @Sendable private static func rotate(_ call: Call) async throws -> ServerResponse {
        let next = try call.services.keys.rotate()
        try await call.services.store.signersChanged("key.rotate", key: next.keyID, by: call.author)
        return try .json(try await keys(call), status: 201)
    }

    @Sendable private static func retire(_ call: Call) async throws -> ServerResponse {
        let id = call.parameter("key")
        let rest = try call.services.keys.others(than: id)
        if call.query("force") != "true" {
            let behind = try await call.services.store.hostTrust().filter { !$0.trustsAny(of: rest) }
            guard behind.isEmpty else { throw Problem.hostsBehind(behind.map(\.name), key: id) }
        }
        try call.services.keys.retire(id)
        try await call.services.store.signersChanged("key.retire", key: id, by: call.author)
        return try .json(try await keys(call))
    }

    private static func keys(_ call: Call) async throws -> Page<KeyResource> {
        let hosts = try await call.services.store.hostTrust()
        return Page(
            items: call.services.keys.current.verifyingKeys.map { key in
                KeyResource(
                    id: key.keyID, key: key, hosts: hosts.filter { $0.trustsAny(of: [key]) }.map(\.name),
                    missing: hosts.filter { !$0.trustsAny(of: [key]) }.map(\.name))
            })
    }

    static let schemas: [String: Schema] = [
        "Key": .object([
            "id": .string(), "key": .string(), "hosts": .array(.name), "missing": .array(.name),
        ])
    ]
}

extension Problem {
    /// So many are named; how many more there are is said.
    private static let namedHosts = 20

    fileprivate static func hostsBehind(_ hosts: [ResourceName], key: String) -> Problem {
        let names = hosts.prefix(namedHosts).map(\.description).joined(separator: ", ")
        let rest = hosts.count > namedHosts ? " and \(hosts.count - namedHosts) more" : ""
        return .conflict(
            "hosts-behind",
            """
            without key \(key) these hosts would believe nothing any more: \(names)\(rest); wait until they have been online, or \
            force it and put the other key into their agent.yaml
            """)
    }
}

import FleetModel
import FoundationEssentials
import Signing

/// `/api/v1/hosts`.
enum HostRoutes {
    static let all = [
        Route(
            .get, "/api/v1/hosts", "The registered hosts, by name", query: Paging.parameters,
            success: (200, .page(of: "Host")), handle: list),
        Route(
            .post, "/api/v1/hosts", "Register a host; the only time its agent.yaml with its secrets is shown",
            body: .reference("HostRegistrationRequest"), success: (201, .reference("HostRegistration")),
            handle: register),
        Route(
            .get, "/api/v1/hosts/{host}", "One host, by ID or name, with its inventory",
            success: (200, .reference("Host")), handle: show),
        Route(
            .patch, "/api/v1/hosts/{host}", "Set labels, or remove them with null", body: .reference("HostChange"),
            success: (200, .reference("Host")), handle: change),
        Route(
            .delete, "/api/v1/hosts/{host}", "Remove a host; its credentials end, its events stay",
            success: (204, nil), handle: remove),
        Route(
            .get, "/api/v1/hosts/{host}/metrics", "The batch of metrics that arrived last",
            success: (200, .reference("Metrics")), handle: metrics),
        Route(
            .get, "/api/v1/hosts/{host}/series", "The samples of one series, by the controller's receive time",
            query: [
                Route.Parameter(
                    name: "key", summary: "As in the batch, with its labels", schema: .string(), required: true),
                Route.Parameter(name: "vm", summary: "A VM's UUID; without it the host's own series", schema: .uuid),
                Route.Parameter(name: "from", summary: "Included; an hour before `to` by default", schema: .time),
                Route.Parameter(name: "to", summary: "Not included; now by default", schema: .time),
            ],
            success: (200, .reference("Series")), handle: series),
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.hosts(after: call.query("cursor"), limit: call.limit()))
    }

    @Sendable private static func register(_ call: Call) async throws -> ServerResponse {
        let name = try await call.body(as: HostRegistrationRequest.self).name
        let enrolment = call.services.enrolment
        let password = SecureRandom.token()
        let secret = SecureRandom.token()
        let keys = call.services.keys.current.verifyingKeys
        let host = try await call.services.store.addHost(
            name, busPasswordHash: enrolment.hashBusPassword(password), imageTokenHash: APIAccess.hash(secret),
            keys: keys, by: call.author)
        do {
            try await enrolment.credentialsChanged()
        } catch {
            // Nobody will see this host's secrets, so it must not stay.
            try await call.services.store.removeHost(host.id.description, by: call.author)
            throw error
        }
        let configuration = enrolment.agentConfiguration(
            HostSecrets(
                host: host.id, name: host.name, busPassword: password, imageToken: "\(host.id).\(secret)", keys: keys))
        return try .json(
            HostRegistration(host: host, agentConfiguration: configuration), status: 201,
            headers: ["Location": "/api/v1/hosts/\(host.id)", "Cache-Control": "no-store"])
    }

    @Sendable private static func show(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.host(call.parameter("host")))
    }

    @Sendable private static func change(_ call: Call) async throws -> ServerResponse {
        let change = try await call.body(as: HostChange.self)
        return try .json(
            try await call.services.store.changeLabels(of: call.parameter("host"), change, by: call.author))
    }

    @Sendable private static func remove(_ call: Call) async throws -> ServerResponse {
        try await call.services.store.removeHost(call.parameter("host"), by: call.author)
        try await call.services.enrolment.credentialsChanged()
        return .noContent
    }

    @Sendable private static func metrics(_ call: Call) async throws -> ServerResponse {
        let store = call.services.store
        let host = try await store.host(call.parameter("host"))
        guard let latest = try await store.series.latest(of: host.id) else {
            throw Problem.notFound("host '\(host.name)' has not sent any metrics yet")
        }
        return try .json(latest)
    }

    @Sendable private static func series(_ call: Call) async throws -> ServerResponse {
        guard let key = call.query("key"), !key.isEmpty else {
            throw Problem.invalid("?key= is missing; GET /api/v1/hosts/{host}/metrics lists the keys")
        }
        let vm = try call.query("vm", as: VMID.self)
        let to = try call.date("to") ?? call.services.time.now()
        let from = try call.date("from") ?? to.addingTimeInterval(-3600)
        guard from < to else { throw Problem.invalid("?from= must be before ?to=") }
        let store = call.services.store
        let host = try await store.host(call.parameter("host")).id
        let samples = try await store.series.samples(host: host, vm: vm, key: key, from: from, to: to)
        return try .json(SeriesResource(host: host, vm: vm, key: key, samples: samples))
    }
}

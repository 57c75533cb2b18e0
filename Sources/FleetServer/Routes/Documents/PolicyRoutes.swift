import FleetFiles
import FleetModel
import FleetStore
import FoundationEssentials

/// `/api/v1/policies`: what hosts do by themselves.
enum PolicyRoutes {
    private static let shownTimes = 10

    static let all =
        DocumentRoutes.all(.policy) + [
            Route(
                .get, "/api/v1/policies/{policy}/hosts",
                "The hosts that it is about, by name, with the next ten times at which each carries it out",
                query: Paging.parameters, success: (200, .page(of: "PolicyHost")), handle: hosts)
        ]

    @Sendable private static func hosts(_ call: Call) async throws -> ServerResponse {
        let resource = try await DocumentRoutes.find(.policy, call)
        let policy: Policy
        do {
            policy = try Policy(document: resource.document)
        } catch {
            throw Problem.unprocessable("bad-policy", "policy '\(resource.name)' is not understood: \(error)")
        }
        let store = call.services.store
        let page = try await store.hosts(after: call.query("cursor"), limit: call.limit())
        let zones = try await store.timeZones()
        let obstacle = try await obstacle(to: policy, in: store)
        let items = page.items.filter(policy.concerns).map { host in
            var shown = schedule(of: policy, on: host, in: zones[host.id], from: call.services.time.now())
            shown.obstacle = shown.obstacle ?? obstacle
            return shown
        }
        return try .json(Page(items: items, nextCursor: page.nextCursor))
    }

    /// What keeps a policy from every host.
    private static func obstacle(to policy: Policy, in store: FleetStore) async throws -> String? {
        do {
            _ = try await policy.image(in: store)
            return nil
        } catch let problem as Problem {
            return problem.detail
        }
    }

    private static func schedule(
        of policy: Policy, on host: HostResource, in zone: String?, from now: Date
    ) -> PolicyHostResource {
        var shown = PolicyHostResource(
            host: host.id, hostName: host.name, timeZone: policy.isTimed ? zone : nil, times: [])
        guard policy.isTimed else { return shown }
        if policy.lacksTimeZone(zone) {
            shown.obstacle =
                "it goes by the host's own time zone, which the host has not told; start or update its agent"
            return shown
        }
        do {
            let calendar = try ScheduleCalendar(policy, hostZone: zone)
            shown.timeZone = calendar.timeZone
            shown.times = calendar.times(from: now, limit: shownTimes)
        } catch {
            shown.obstacle = error.description
        }
        return shown
    }

    static let schemas: [String: Schema] = [
        "PolicyHost": .object(
            ["host": .uuid, "hostName": .name, "times": .array(.time)],
            optional: ["timeZone": .string(), "obstacle": .string()])
    ]
}

extension Policy {
    /// Whether a host has the labels that it asks for.
    func concerns(_ host: HostResource) -> Bool { labels.allSatisfy { host.labels[$0.key] == $0.value } }
}

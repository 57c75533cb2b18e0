import FleetModel
import FleetStore
import Rollouts

/// `/api/v1/rollouts`: one intent for many hosts, carried out in waves.
enum RolloutRoutes {
    private static let path = "/api/v1/rollouts/{rollout}"
    private static let answer = (status: 200, schema: Schema?.some(.reference("Rollout")))

    static let all =
        [
            Route(
                .get, "/api/v1/rollouts", "Rollouts, newest first", query: Paging.parameters,
                success: (200, .page(of: "Rollout"))
            ) { call in
                try .json(try await call.services.store.rollouts(after: call.query("cursor"), limit: call.limit()))
            },
            Route(.get, path, "One rollout, and how far it is", success: answer) { call in
                try .json(try await call.services.store.rollout(name(call)))
            },
            Route(
                .get, "\(path)/hosts", "The hosts of a rollout, in the order of their turns",
                query: [
                    Route.Parameter(name: "state", summary: "Only those", schema: .words(RolloutHostState.self))
                ] + Paging.parameters, success: (200, .page(of: "RolloutHost")), handle: hosts),
            Route(
                .post, "\(path)/plan", "What a rollout would do on which host; nothing is changed",
                body: .reference("RolloutApplication"), success: (200, .reference("RolloutPlan")), handle: plan),
            Route(
                .post, path, "Begin a rollout as it was planned", body: .reference("RolloutApplication"),
                success: (201, .reference("Rollout")), handle: apply),
            Route(
                .post, "\(path)/retry", "Let hosts that failed or were missed have another turn",
                body: .reference("RolloutRetry"), success: answer, handle: retry),
        ]
        + [
            (RolloutRequest.approve, "Approve a rollout that waits for somebody else's word"),
            (.pause, "Let nothing more of a rollout begin"), (.resume, "Let a rollout go on, failures so far forgiven"),
            (.abort, "End a rollout: what has not begun is taken back"),
        ].map { request, summary in
            Route(.post, "\(path)/\(request.rawValue)", summary, success: answer) { call in
                try .json(try await call.services.store.request(request, of: name(call), by: call.author))
            }
        }

    private static func name(_ call: Call) throws -> ResourceName {
        try call.parameter("rollout", as: ResourceName.self)
    }

    @Sendable private static func hosts(_ call: Call) async throws -> ServerResponse {
        let state = try call.query("state").map { text in
            guard let state = RolloutHostState(rawValue: text) else {
                throw Problem.invalid(
                    "?state= must be one of \(RolloutHostState.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return state
        }
        return try .json(
            try await call.services.store.hosts(
                of: name(call), state: state, after: call.query("cursor"), limit: call.limit()))
    }

    @Sendable private static func plan(_ call: Call) async throws -> ServerResponse {
        let wanted = try await call.body(as: RolloutApplication.self)
        return try .json(try await computed(call, wanted).resource(at: call.services.time.now()))
    }

    private static func computed(_ call: Call, _ wanted: RolloutApplication) async throws -> RolloutPlan {
        try await RolloutPlanner(store: call.services.store, time: call.services.time).plan(name(call), wanted.intent)
    }

    /// What is applied is what was looked at, or nothing.
    @Sendable private static func apply(_ call: Call) async throws -> ServerResponse {
        let wanted = try await call.body(as: RolloutApplication.self)
        let plan = try await computed(call, wanted)
        let definition = try plan.definition()
        guard let hash = wanted.plan else {
            throw Problem.invalid("'plan' must be the hash of a plan that was looked at: POST \(path)/plan")
        }
        guard hash == definition.plan else {
            throw Problem.conflict(
                "plan-outdated",
                "the fleet, or the rollout's document, is not what it was when the plan \(hash) was made; plan again")
        }
        guard plan.entries.contains(where: { $0.tasks.obstacle == nil }) || plan.intent.continuous else {
            throw Problem.unprocessable("no-hosts", "no host that the selection meets can do what the rollout asks")
        }
        let rollout = try await call.services.store.addRollout(
            definition, plan.entries.map(\.target), by: call.author)
        return try .json(rollout, status: 201, headers: ["Location": "/api/v1/rollouts/\(rollout.name)"])
    }

    @Sendable private static func retry(_ call: Call) async throws -> ServerResponse {
        let wanted = try await call.body(as: RolloutRetry.self)
        let store = call.services.store
        let rollout = try await store.rollout(name(call))
        let windows =
            rollout.state == .finished
            ? try await RolloutPlanner(store: store, time: call.services.time).windows(of: rollout) : nil
        return try .json(try await store.retry(name(call), hosts: wanted.hosts, windows: windows, by: call.author))
    }

    static let schemas: [String: Schema] = [
        "Rollout": .object(
            [
                "name": .name, "intent": .map(.any), "plan": .string(), "state": .words(RolloutState.self),
                "wave": .integer, "waves": .integer, "deadline": .time, "hosts": .map(.integer), "createdAt": .time,
                "createdBy": .string(), "updatedAt": .time, "approvedBy": .array(.string()), "approvals": .integer,
            ], optional: ["reason": .string(), "soakUntil": .time]),
        "RolloutHost": .object(
            [
                "host": .uuid, "hostName": .name, "hostState": .words(HostResource.State.self),
                "state": .words(RolloutHostState.self), "attempts": .integer, "misses": .integer,
                "jobs": .array(.string()), "updatedAt": .time,
            ],
            optional: ["lastSeenAt": .time, "wave": .integer, "reason": .string(), "message": .string()]),
        "RolloutApplication": .object(["intent": .map(.any)], optional: ["plan": .string()]),
        "RolloutRetry": .object([:], optional: ["hosts": .array(.string())]),
        "RolloutPlan": .object([
            "plan": .string(), "intent": .map(.any), "waves": .array(.integer),
            "hosts": .array(
                .object(
                    [
                        "host": .uuid, "hostName": .name, "hostState": .words(HostResource.State.self),
                        "changes": .array(.string()), "bytes": .integer,
                    ],
                    optional: [
                        "lastSeenAt": .time, "window": .array(.time), "obstacle": .reference("PlacementObstacle"),
                    ])),
        ]),
    ]
}

import FleetModel
import FoundationEssentials

/// `/api/v1/jobs`.
enum JobRoutes {
    static let defaultExpiry = 7 * 86400
    static let expiries = 60...90 * 86400

    static let all = [
        Route(
            .get, "/api/v1/jobs", "Jobs, newest first",
            query: [
                Paging.host,
                Route.Parameter(name: "state", summary: "Only in this state", schema: .words(JobState.self)),
            ] + Paging.parameters,
            success: (200, .page(of: "Job")), handle: list),
        Route(
            .post, "/api/v1/jobs", "Ask a host for a job", body: .reference("JobRequest"),
            success: (201, .reference("Job")), handle: plan),
        Route(
            .get, "/api/v1/jobs/{job}", "One job with its progress", success: (200, .reference("Job")), handle: show),
        Route(
            .post, "/api/v1/jobs/{job}/cancel", "Ask for a job to be cancelled at its next safe point",
            success: (202, .reference("Job")), handle: cancel),
        Route(
            .post, "/api/v1/jobs/{job}/move", "Let a job that has not begun have its turn before another, or last",
            body: .reference("JobMove"), success: (200, .reference("Job")), handle: move),
        Route(
            .get, "/api/v1/hosts/{host}/queue", "What a host still has to do, in the order of its turns",
            success: (200, .page(of: "Job")), handle: queue),
        Route(
            .delete, "/api/v1/hosts/{host}/queue", "Take back all jobs of a host that have not begun",
            success: (200, .page(of: "Job")), handle: purge),
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        let state = try call.query("state").map { text in
            guard let state = JobState(rawValue: text) else {
                throw Problem.invalid(
                    "?state= must be one of \(JobState.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return state
        }
        return try .json(
            try await call.services.store.jobs(
                host: call.query("host"), state: state, after: call.query("cursor"), limit: call.limit()))
    }

    @Sendable private static func plan(_ call: Call) async throws -> ServerResponse {
        let request = try await call.body(as: JobRequest.self)
        let expiry = request.expiresInSeconds ?? defaultExpiry
        guard expiries.contains(expiry) else {
            throw Problem.invalid(
                "'expiresInSeconds' must be from \(expiries.lowerBound) to \(expiries.upperBound), not \(expiry)")
        }
        let planner = JobPlanner(store: call.services.store)
        let host = try await planner.host(request.host)
        let arguments = try await planner.arguments(of: request, for: host)
        let now = call.services.time.now()
        let expiresAt = now + Double(expiry)
        let conditions = try await planner.conditions(of: request, on: host, from: now, until: expiresAt)
        var generator = SystemRandomNumberGenerator()
        let id = JobID(milliseconds: UInt64(max(0, now.timeIntervalSince1970 * 1000)), using: &generator)
        let job = try await call.services.store.planJob(
            id, host: host.id, kind: request.kind, arguments: arguments,
            expiresAt: expiresAt, conditions: conditions, by: call.author)
        return try .json(job, status: 201, headers: ["Location": "/api/v1/jobs/\(job.id)"])
    }

    @Sendable private static func show(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.job(call.parameter("job", as: JobID.self)))
    }

    @Sendable private static func cancel(_ call: Call) async throws -> ServerResponse {
        let job = try await call.services.store.requestCancel(call.parameter("job", as: JobID.self), by: call.author)
        return try .json(job, status: 202)
    }

    @Sendable private static func move(_ call: Call) async throws -> ServerResponse {
        let wanted = try await call.body(as: JobMove.self)
        return try .json(
            try await call.services.store.moveJob(
                call.parameter("job", as: JobID.self), before: wanted.before, by: call.author))
    }

    @Sendable private static func queue(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.queue(of: call.parameter("host")))
    }

    @Sendable private static func purge(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.purgeQueue(of: call.parameter("host"), by: call.author))
    }

    static let schemas: [String: Schema] = [
        "Job": .object(
            [
                "id": .string(), "host": .uuid, "hostName": .name, "kind": .string(), "arguments": .any,
                "state": .words(JobState.self), "cancelRequested": .boolean, "createdAt": .time, "updatedAt": .time,
                "expiresAt": .time,
            ],
            optional: [
                "reason": .string(), "message": .string(), "vm": .uuid,
                "step": .object(["index": .integer, "count": .integer, "name": .string()]),
                "progress": .object(
                    ["job": .string(), "activity": .string(), "percent": .number],
                    optional: ["bytesPerSecond": .number]),
                "result": .oneOf(["GuestCommandResult", "ExportReference"]),
                "conditions": .reference("JobConditions"), "rank": .integer, "policy": .name, "rollout": .name,
            ]),
        "JobMove": .object([:], optional: ["before": .string()]),
        "JobConditions": .object(
            [:],
            optional: [
                "notBefore": .time, "window": .name, "windows": .array(.array(.time)), "forceAfter": .integer,
                "requirements": .array(.string()), "notice": .reference("JobNotice"),
            ]),
        "JobNotice": .object(["seconds": .integer], optional: ["deferrals": .integer]),
        "ExportReference": .object(
            ["digest": .string(), "name": .string(), "directory": .string(), "sizeBytes": .integer]),
        "GuestCommandResult": .object(
            ["output": .string(), "errorOutput": .string(), "isCut": .boolean],
            optional: ["exitStatus": .integer, "signal": .integer]),
        "JobRequest": .object(
            ["host": .string(), "kind": .string(), "arguments": .any],
            optional: [
                "expiresInSeconds": .integer, "notBefore": .time, "window": .name, "forceAfter": .integer,
                "requirements": .array(.string()), "notice": .reference("JobNotice"),
            ]),
    ]
}

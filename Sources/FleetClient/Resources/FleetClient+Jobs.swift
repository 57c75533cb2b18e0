import FleetModel

extension FleetClient {
    /// Newest first.
    /// - Parameters:
    ///   - host: an ID or name.
    ///   - limit: how many at most; all when nil.
    public func jobs(
        host: String? = nil, state: JobState? = nil, limit: Int? = nil
    ) async throws(FleetClientError) -> [JobResource] {
        try await collect("jobs", query: [("host", host), ("state", state?.rawValue)], limit: limit)
    }

    public func job(_ id: JobID) async throws(FleetClientError) -> JobResource {
        try await get(Path("jobs", id.description))
    }

    public func requestJob(_ wanted: JobRequest) async throws(FleetClientError) -> JobResource {
        try await send(.post, Path("jobs"), wanted)
    }

    /// Asks for a job to stop at its next safe point.
    public func cancelJob(_ id: JobID) async throws(FleetClientError) -> JobResource {
        try await send(.post, Path("jobs", id.description, "cancel"), JSONValue?.none)
    }

    /// Follows a job to its end.
    /// - Parameter onChange: called with the job as it is now, at first and whenever it has changed.
    /// - Returns: the job in a terminal state.
    public func waitForJob(
        _ id: JobID, onChange: @escaping @Sendable (JobResource) -> Void = { _ in }
    ) async throws(FleetClientError) -> JobResource {
        var last = try await job(id)
        onChange(last)
        if last.state.isTerminal { return last }
        // Progress travels beside the events, so the timer has its part.
        let bell = ChangeBell(self, host: last.host.description, type: .jobStatus, interval: .seconds(1))
        defer { bell.stop() }
        while await bell.next() {
            let job = try await job(id)
            if job != last { onChange(job) }
            last = job
            if job.state.isTerminal { return job }
        }
        throw .cancelled
    }
}

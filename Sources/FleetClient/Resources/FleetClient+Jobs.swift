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

    /// What a host still has to do, in the order of its turns.
    public func queue(of host: String) async throws(FleetClientError) -> [JobResource] {
        try await collect("hosts", host, "queue")
    }

    /// Lets a job have its turn before another of its host; last without one.
    public func moveJob(_ id: JobID, before other: JobID?) async throws(FleetClientError) -> JobResource {
        try await send(.post, Path("jobs", id.description, "move"), JobMove(before: other))
    }

    /// Takes back all jobs of a host that have not begun.
    public func purgeQueue(of host: String) async throws(FleetClientError) -> [JobResource] {
        let page: Page<JobResource> = try await send(.delete, Path("hosts", host, "queue"), JSONValue?.none)
        return page.items
    }

    /// Follows a job to its end; a controller that goes away meanwhile is waited for.
    /// - Parameters:
    ///   - onChange: called with the job as it is now, at first and whenever it has changed.
    ///   - onAbsence: called with what the controller could not be asked for.
    /// - Returns: the job in a terminal state.
    public func waitForJob(
        _ id: JobID, onChange: @escaping @Sendable (JobResource) -> Void = { _ in },
        onAbsence: @escaping @Sendable (FleetClientError) -> Void = { _ in }
    ) async throws(FleetClientError) -> JobResource {
        var last = try await job(id)
        onChange(last)
        if last.state.isTerminal { return last }
        // Progress travels beside the events, so the timer has its part.
        let bell = ChangeBell(self, host: last.host.description, type: .jobStatus, interval: .seconds(1))
        defer { bell.stop() }
        while await bell.next() {
            do {
                let job = try await job(id)
                if job != last { onChange(job) }
                last = job
                if job.state.isTerminal { return job }
            } catch {
                guard error.mayPass else { throw error }
                onAbsence(error)
            }
        }
        throw .cancelled
    }
}

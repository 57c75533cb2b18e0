import FleetModel
import FoundationEssentials

extension FleetStore {
    /// The largest arguments of one job, as JSON: a job set must have room for more than one.
    public static let maximumArgumentBytes = 16 << 10

    /// Plans a job. The same job planned again (a repeated request) is answered with the first.
    /// - Throws: `notFound` for an unknown host, `conflict` when the ID names another job, `invalid` for too large
    ///   arguments or an expiry that has passed.
    public func planJob(
        _ id: JobID, host: HostID, kind: String, arguments: JSONValue, expiresAt: Date,
        conditions: JobConditions? = nil, by author: Author
    ) throws(StoreError) -> JobResource {
        let job = try write { connection in
            let jobs = JobRepository(connection: connection)
            let hostName = try HostRepository(connection: connection).find(host.description).name
            if let same = try jobs.find(id)?.resource {
                guard same.host == host, same.kind == kind, same.arguments == arguments else {
                    throw StoreError.conflict("job \(id) exists and is another one; ask with a new ID")
                }
                return same
            }
            let now = time.now()
            guard expiresAt > now else {
                throw StoreError.invalid("job \(id) would expire at \(FleetJSON.text(expiresAt)), which has passed")
            }
            guard try FleetJSON.encode(arguments).count <= Self.maximumArgumentBytes else {
                throw StoreError.invalid(
                    "the arguments of job \(id) are larger than \(Self.maximumArgumentBytes) bytes")
            }
            let job = JobResource(
                id: id, host: host, hostName: hostName, kind: kind, arguments: arguments, state: .planned,
                cancelRequested: false, createdAt: now, updatedAt: now, expiresAt: expiresAt,
                conditions: conditions)
            try jobs.add(job)
            try audit("job.plan", "\(id) \(kind) on \(hostName)", by: author)
            return job
        }
        intend(for: host)
        return job
    }

    /// One job with its progress.
    public func job(_ id: JobID) throws(StoreError) -> JobResource {
        let job = try read { connection in
            guard let job = try JobRepository(connection: connection).find(id) else {
                throw StoreError.notFound(kind: "job", name: id.description)
            }
            return job.resource
        }
        return ahead.completed(job)
    }

    /// Jobs, newest first.
    /// - Parameter host: an ID or a name; nil for all hosts.
    public nonisolated func jobs(
        host: String? = nil, state: JobState? = nil, after cursor: String?, limit: Int
    ) async throws(StoreError) -> Page<JobResource> {
        try await reader.read { connection, ahead in
            let host = try host.map { try HostRepository(connection: connection).find($0).id }
            return try JobRepository(connection: connection).page(
                host: host, state: state, after: cursor, limit: limit
            ).map(ahead.completed)
        }
    }

    /// Takes a job back: at once when no host can know of it, else by asking the host.
    /// - Throws: `conflict` when the job is over.
    public func requestCancel(_ id: JobID, by author: Author) throws(StoreError) -> JobResource {
        let job = try write { connection in
            let jobs = JobRepository(connection: connection)
            guard let job = try jobs.find(id) else { throw StoreError.notFound(kind: "job", name: id.description) }
            guard !job.resource.state.isTerminal else {
                throw StoreError.conflict(
                    "job \(id) is over (\(job.resource.state.rawValue)); nothing is left to cancel")
            }
            guard !job.resource.cancelRequested else { return job.resource }
            let asked = try cancel(job, in: jobs)
            try audit("job.cancel", id.description, by: author)
            return asked
        }
        intend(for: job.host)
        return ahead.completed(job)
    }

    func cancel(_ job: StoredJob, in jobs: JobRepository) throws -> JobResource {
        var job = job
        job.resource.cancelRequested = true
        job.resource.updatedAt = time.now()
        job.handle(.withdrawn, at: job.resource.updatedAt)
        try jobs.update(job)
        return job.resource
    }

}

extension StoredJob {
    /// Moves the job on. `updatedAt` says when it last did.
    /// - Returns: whether anything changed.
    @discardableResult
    mutating func handle(_ event: JobStateMachine.Event, at time: Date) -> Bool {
        var machine = machine
        _ = machine.handle(event)
        guard machine != self.machine else { return false }
        resource.state = machine.state
        published = machine.published
        resource.updatedAt = time
        return true
    }
}

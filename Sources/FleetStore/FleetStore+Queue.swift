import FleetModel
import FoundationEssentials

/// What a host still has to do, in the order of its turns.
extension FleetStore {
    /// - Parameter host: an ID or a name.
    public func queue(of host: String) throws(StoreError) -> Page<JobResource> {
        let jobs = try read { connection in
            let host = try HostRepository(connection: connection).find(host).id
            return try JobRepository(connection: connection).unfinished(of: host).map(\.resource)
        }
        return Page(items: jobs.map(ahead.completed))
    }

    /// Lets a job have its turn before another of its host; last without one.
    /// - Throws: `conflict` when one of them has begun or is over, `invalid` when they are of two hosts.
    public func moveJob(
        _ id: JobID, before other: JobID?, by author: Author
    ) throws(StoreError) -> JobResource {
        guard id != other else { throw StoreError.invalid("job \(id) cannot come before itself") }
        let job = try write { connection in
            let jobs = JobRepository(connection: connection)
            let moved = try waiting(id, in: jobs)
            if let other, try waiting(other, in: jobs).host != moved.host {
                throw StoreError.invalid("jobs \(id) and \(other) are not of the same host")
            }
            var order = try jobs.unfinished(of: moved.host).map(\.resource.id).filter { $0 != id }
            order.insert(id, at: other.flatMap { order.firstIndex(of: $0) } ?? order.endIndex)
            for (rank, id) in order.enumerated() { try jobs.rank(id, rank) }
            try audit("job.move", "\(id) \(other.map { "before \($0)" } ?? "last")", by: author)
            return try waiting(id, in: jobs)
        }
        intend(for: job.host)
        return ahead.completed(job)
    }

    /// Takes back all of a host's jobs that have not begun.
    /// - Parameter host: an ID or a name.
    /// - Returns: those jobs, as they are now.
    public func purgeQueue(of host: String, by author: Author) throws(StoreError) -> Page<JobResource> {
        let (host, withdrawn) = try write { connection in
            let host = try HostRepository(connection: connection).find(host)
            let jobs = JobRepository(connection: connection)
            var withdrawn: [JobResource] = []
            for job in try jobs.unfinished(of: host.id) where job.resource.state.isBeforeStart {
                withdrawn.append(try cancel(job, in: jobs))
            }
            try audit("job.purge", "\(withdrawn.count) jobs of \(host.name)", by: author)
            return (host.id, withdrawn)
        }
        intend(for: host)
        return Page(items: withdrawn.map(ahead.completed))
    }

    private func waiting(_ id: JobID, in jobs: JobRepository) throws -> JobResource {
        guard let job = try jobs.find(id)?.resource else {
            throw StoreError.notFound(kind: "job", name: id.description)
        }
        guard job.state.isBeforeStart else {
            throw StoreError.conflict("job \(id) is \(job.state.rawValue), and has its place no more")
        }
        return job
    }
}

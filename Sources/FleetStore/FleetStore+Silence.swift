import FleetModel
import FoundationEssentials

extension FleetStore {
    /// Presumes jobs lost of which their hosts, though online, have said nothing for too long; whatever a host says of one
    /// afterwards overrides it. To be called about every half minute.
    /// - Returns: the jobs that were presumed lost just now.
    @discardableResult
    public func presumeSilentJobsLost() throws(StoreError) -> [JobResource] {
        let (subjects, online) = try read { connection in
            let jobs = try JobRepository(connection: connection).published()
            return (jobs.map(\.resource), try PresenceRepository(connection: connection).online())
        }
        let silent = silences.look(
            subjects.map {
                SilenceWatch.Subject(
                    id: $0.id, host: $0.host, state: $0.state, updatedAt: $0.updatedAt, progress: memory.progress[$0.id]
                )
            }, online: online, at: time.monotonic())
        guard !silent.isEmpty else { return [] }
        return try write { connection in
            let jobs = JobRepository(connection: connection)
            var lost: [JobResource] = []
            for id in silent.sorted() {
                guard var job = try jobs.find(id) else { continue }
                let news = job.resource.updatedAt
                let before = job.resource.state.rawValue
                guard job.handle(.silent, at: time.now()) else { continue }
                job.resource.reason = "silent"
                job.resource.message =
                    "host \(job.resource.hostName) is online and has said nothing of the job for too long, which was \(before) when "
                    + "it last did, \(FleetJSON.text(news)); look at the agent's log there. What it says later counts"
                try jobs.update(job)
                memory.restlessHosts.insert(job.resource.host)
                lost.append(job.resource)
            }
            return lost
        }
    }
}

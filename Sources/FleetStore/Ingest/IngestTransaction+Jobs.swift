import FleetModel
import FoundationEssentials

extension IngestTransaction {
    /// A report moves its job on, which is made known by it where the host asked itself; one about another host's job, or one
    /// that is not known here, changes nothing.
    mutating func apply(_ report: JobReport, of host: HostID, at time: Date) throws {
        if let origin = report.origin, try find(report.job) == nil {
            try JobRepository(connection: connection).add(
                JobResource(
                    id: report.job, host: host,
                    hostName: HostRepository(connection: connection).find(host.description).name,
                    kind: report.kind, arguments: origin.arguments, state: .planned, cancelRequested: false,
                    createdAt: time, updatedAt: time, expiresAt: origin.expiresAt, policy: origin.policy))
        }
        guard var job = try find(report.job), job.resource.host == host else { return }
        let before = job
        var machine = job.machine
        let outcome = machine.handle(.reported(report.state))
        if outcome == .refused { return }
        job.resource.state = machine.state
        job.published = machine.published
        job.resource.reason = report.reason
        job.resource.message = report.message
        job.resource.step = report.step
        job.resource.vm = report.vm ?? job.resource.vm
        job.resource.result = report.result
        job.resource.updatedAt = time
        // The host did not know yet that it is to begin no more.
        if job.withdrawRequested { job.handle(.withdrawn, at: time) }
        changedJobs[report.job] = job
        if JobSetSelection.differs(before, job, now: time) { memory.changedJobSets.insert(host) }
        memory.restlessHosts.insert(host)
        // Progress is that of one state, a download's for instance.
        if outcome != .unchanged { memory.progress[report.job] = nil }
    }

    private func find(_ id: JobID) throws -> StoredJob? {
        try changedJobs[id] ?? JobRepository(connection: connection).find(id)
    }

    mutating func storeJobs() throws {
        for job in changedJobs.values { try JobRepository(connection: connection).update(job) }
        changedJobs = [:]
    }

    mutating func apply(_ progress: JobProgress, of host: HostID) throws {
        guard let job = try find(progress.job), job.resource.host == host, !job.resource.state.isTerminal else {
            return
        }
        memory.progress[progress.job] = progress
    }

    /// Once a host's whole record is here, what it does not mention has not happened: a host held after a restore is
    /// let go, and a job that its set no longer names is gone.
    mutating func settle(_ host: HostID) throws {
        guard let standing = memory.standings[host], !standing.settled else { return }
        if let recorded = standing.recorded {
            guard try receiver(of: host).position(in: recorded.epoch) >= recorded.seq else { return }
        }
        memory.standings[host]?.settled = true
        let presences = PresenceRepository(connection: connection)
        if try presences.isHeld(host) {
            try presences.release(host)
            memory.changedJobSets.insert(host)
        }
        try storeJobs()
        let jobs = JobRepository(connection: connection)
        for var job in try jobs.unfinished(of: host) {
            guard let absent = job.absentSince, absent <= standing.jobsRevision,
                job.handle(.confirmedGone, at: memory.lastSeen[host] ?? job.resource.updatedAt)
            else { continue }
            try jobs.update(job)
            memory.restlessHosts.insert(host)
        }
    }
}

import FleetModel
import FleetStore
import FoundationEssentials

extension JobPlanner {
    /// When and under which conditions the job may start; nil for one that may at once.
    func conditions(
        of request: JobRequest, on host: HostResource, from now: Date, until expiresAt: Date
    ) async throws -> JobConditions? {
        if let notBefore = request.notBefore, notBefore >= expiresAt {
            throw Problem.unprocessable(
                "bad-arguments",
                "'notBefore', \(FleetJSON.text(notBefore)), is not before the job's expiry, \(FleetJSON.text(expiresAt)); "
                    + "have it expire later")
        }
        let requirements = request.requirements ?? []
        guard requirements.count <= JobConditions.maximumRequirements else {
            throw Problem.unprocessable(
                "bad-arguments", "a job may have at most \(JobConditions.maximumRequirements) requirements")
        }
        var conditions = JobConditions(
            notBefore: request.notBefore, window: request.window, forceAfter: request.forceAfter,
            requirements: requirements.isEmpty ? nil : Set(requirements).sorted(), notice: request.notice)
        let start = max(now, request.notBefore ?? now)
        if let window = request.window {
            conditions.windows = try await startTimes(in: window, on: host, from: start, until: expiresAt)
        }
        if let count = request.forceAfter { try check(forceAfter: count, conditions.windows, until: expiresAt) }
        if let notice = request.notice {
            let times = conditions.windows ?? [Occurrence(start: start, end: expiresAt)]
            try check(notice, fits: request.forceAfter == nil ? times : [Occurrence(start: start, end: expiresAt)])
        }
        return conditions == JobConditions() ? nil : conditions
    }

    private func check(forceAfter count: Int, _ windows: [Occurrence]?, until expiresAt: Date) throws {
        guard JobConditions.forceAfterRange.contains(count) else {
            throw Problem.unprocessable(
                "bad-arguments",
                "'forceAfter' must be from \(JobConditions.forceAfterRange.lowerBound) to "
                    + "\(JobConditions.forceAfterRange.upperBound), not \(count)")
        }
        guard let windows else {
            throw Problem.unprocessable(
                "bad-arguments", "'forceAfter' counts the times of a window that pass; name a window with it")
        }
        let ended = windows.merged.count { $0.end < expiresAt }
        guard ended >= count else {
            throw Problem.unprocessable(
                "bad-arguments",
                "only \(ended) times of the window pass before the job expires, at \(FleetJSON.text(expiresAt)), and "
                    + "'forceAfter' asks for \(count); have it expire later, or ask for fewer")
        }
    }

    /// A job that has to begin before its notice is over never does.
    private func check(_ notice: JobNotice, fits times: [Occurrence]) throws {
        let longest = times.merged.map { $0.end.timeIntervalSince($0.start) }.max() ?? 0
        guard longest > Double(notice.seconds) else {
            throw Problem.unprocessable(
                "bad-arguments",
                "the job could never begin: its notice takes \(notice.seconds) seconds, and the longest time in which it "
                    + "may start \(Int(longest)); give a shorter notice, or more time")
        }
    }

    private func startTimes(
        in name: ResourceName, on host: HostResource, from time: Date, until end: Date
    ) async throws -> [Occurrence] {
        let window: DocumentResource
        do {
            window = try await store.document(.window, name)
        } catch .notFound {
            throw Problem.unprocessable(
                "unknown-window", "there is no window '\(name)'; 'virtfleet window list' shows those there are")
        }
        let times = try await WindowCalendar(window, on: host, in: store).startTimes(from: time, until: end)
        guard !times.isEmpty else {
            throw Problem.unprocessable(
                "no-occurrence",
                "window '\(name)' does not open on host '\(host.name)' until \(FleetJSON.text(end)), when the job would "
                    + "expire; have it expire later")
        }
        return times
    }
}

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
            notBefore: request.notBefore, window: request.window,
            requirements: requirements.isEmpty ? nil : Set(requirements).sorted())
        if let window = request.window {
            let start = max(now, request.notBefore ?? now)
            conditions.windows = try await startTimes(in: window, on: host, from: start, until: expiresAt)
        }
        return conditions == JobConditions() ? nil : conditions
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

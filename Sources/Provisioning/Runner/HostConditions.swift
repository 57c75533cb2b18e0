import FleetModel
import FleetRuntime
import Hypervisor

/// Whether the host meets what jobs require of it, asked anew each time.
actor HostConditions {
    /// What a guest may use of one processor and count as idle: Windows at rest uses a few hundredths.
    private static let idleShare = 0.1
    /// How long it has to be so.
    private static let idlePeriod = Duration.seconds(60)

    private struct Sample {
        var uptime: Duration
        /// The processor time that each running guest has used, nanoseconds.
        var used: [VMID: UInt64]
    }

    private let host: JobHost
    private var last: Sample?
    /// Since when, on the clock of `uptime`, guests have been idle at each look.
    private var quietSince: Duration?

    init(host: JobHost) { self.host = host }

    /// - Returns: why it does not meet the requirement, for people, the same words for as long as it does not; nil when it
    ///   does.
    func obstacle(to requirement: JobRequirement) async -> String? {
        switch requirement {
        case .power: host.facilities.isOnMains() == false ? "the machine runs on its battery" : nil
        case .disk(let mebibytes): await diskObstacle(mebibytes)
        case .idle: await idleObstacle()
        case .network: await host.facilities.isMetered() == true ? "the connection to the network is metered" : nil
        case .user: await userObstacle()
        }
    }

    private func userObstacle() async -> String? {
        do {
            let programs = try await host.facilities.idleInhibitors().map { $0.prefix(60) }
            guard !programs.isEmpty else { return nil }
            let more = programs.count > 5 ? " and others" : ""
            return "programs ask that nobody be disturbed: \(programs.prefix(5).joined(separator: ", "))\(more)"
        } catch {
            return "whether somebody is at work cannot be seen: \(error)"
        }
    }

    private func diskObstacle(_ mebibytes: UInt64) async -> String? {
        let (path, wanted) = (host.vmDirectory, mebibytes << 20)
        let free = await host.onFiles { try? DurableFile.freeBytes(at: path) }
        guard let free else { return "the free space of \(path) cannot be read" }
        return free < wanted ? "less than \(mebibytes) MiB are free in \(path)" : nil
    }

    private func idleObstacle() async -> String? {
        let busy = "guests are at work; it starts when each has used less than a tenth of a processor for a minute"
        guard let statistics = try? await host.hypervisor.statistics() else {
            return "what the guests do cannot be seen, for libvirt does not answer"
        }
        var used: [VMID: UInt64] = [:]
        for domain in statistics {
            if case .unsigned(let time)? = domain.values["cpu.time"] { used[domain.id] = time }
        }
        guard !used.isEmpty else { return nil }
        let now = Sample(uptime: host.time.uptime(), used: used)
        let isQuiet = last.map { self.isQuiet(from: $0, to: now) } ?? false
        let since = isQuiet ? quietSince ?? now.uptime : now.uptime
        (last, quietSince) = (now, since)
        return now.uptime - since >= Self.idlePeriod ? nil : busy
    }

    private func isQuiet(from first: Sample, to last: Sample) -> Bool {
        let nanoseconds = (last.uptime - first.uptime).seconds * 1e9
        // Long ago is not a minute ago.
        guard last.uptime - first.uptime < Self.idlePeriod else { return false }
        return last.used.allSatisfy { id, time in
            guard let before = first.used[id], time >= before else { return false }
            return Double(time - before) < Self.idleShare * nanoseconds
        }
    }
}

import FleetModel
import FoundationEssentials
import Rollouts
import SQLite

extension FleetStore {
    /// Begins a rollout, or lets it wait for its approvals.
    /// - Parameter targets: in the order of their turns.
    /// - Throws: `conflict` when there was one of that name.
    public func addRollout(
        _ definition: RolloutDefinition, _ targets: [RolloutTarget], by author: Author
    ) throws(StoreError) -> RolloutResource {
        let name = definition.name
        let rollout = try write { connection in
            let rollouts = RolloutRepository(connection: connection)
            guard try !rollouts.exists(name) else {
                throw StoreError.conflict("there is a rollout '\(name)' already; give this one another name")
            }
            let now = time.now()
            try rollouts.add(
                StoredRollout(
                    definition: definition, progress: RolloutProgress(approvalsMissing: definition.approvals > 0),
                    deadline: now + Double(definition.deadlineSeconds), createdAt: now, createdBy: author.name,
                    updatedAt: now))
            let hosts = RolloutHostRepository(connection: connection)
            for (position, target) in targets.enumerated() {
                try hosts.add(target, to: name, position: position, at: now)
            }
            try audit("rollout.apply", "\(name), plan \(definition.plan)", by: author)
            return try rollouts.resource(name)
        }
        memory.hasRolloutNews = true
        return rollout
    }

    /// Newest first.
    public nonisolated func rollouts(
        after cursor: String?, limit: Int
    ) async throws(StoreError) -> Page<RolloutResource> {
        try await reader.read { connection, _ in
            try RolloutRepository(connection: connection).page(after: cursor, limit: limit)
        }
    }

    public nonisolated func rollout(_ name: ResourceName) async throws(StoreError) -> RolloutResource {
        try await reader.read { connection, _ in try RolloutRepository(connection: connection).resource(name) }
    }

    /// Those that are not over, oldest first.
    public nonisolated func rolloutsUnderWay() async throws(StoreError) -> [RolloutResource] {
        try await reader.read { connection, _ in
            let rollouts = RolloutRepository(connection: connection)
            return try rollouts.alive().map { try rollouts.resource($0.name) }.filter { !$0.state.isOver }
        }
    }

    /// The hosts of a rollout, in the order of their turns.
    /// - Parameter state: only those that stand there; all when nil.
    public nonisolated func hosts(
        of rollout: ResourceName, state: RolloutHostState? = nil, after cursor: String?, limit: Int
    ) async throws(StoreError) -> Page<RolloutHostResource> {
        try await reader.read { connection, ahead in
            _ = try RolloutRepository(connection: connection).find(rollout)
            return try RolloutHostRepository(connection: connection).page(
                of: rollout, state: state, after: cursor, limit: limit
            ).map(ahead.completed)
        }
    }

    /// How the rollouts that take in hosts while they run were applied.
    public func continuousRollouts() throws(StoreError) -> [RolloutDefinition] {
        try read { connection in
            let rollouts = RolloutRepository(connection: connection)
            return try rollouts.alive().map { try rollouts.find($0.name) }
                .filter { $0.definition.isContinuous && !$0.progress.state.isOver }.map(\.definition)
        }
    }

    /// Approves, pauses, resumes or aborts a rollout. What it asks of hosts follows with the next `stepRollouts`.
    /// - Throws: `conflict` when that makes no sense in its state, or when somebody else has to approve it.
    public func request(
        _ request: RolloutRequest, of name: ResourceName, by author: Author
    ) throws(StoreError) -> RolloutResource {
        try change(name, request, by: author) { rollout, _ in
            guard request == .approve else { return true }
            guard rollout.progress.state == .awaitingApproval else { return true }
            guard author.name != rollout.createdBy, !rollout.approvedBy.contains(author.name) else {
                throw StoreError.conflict(
                    "rollout '\(name)' was applied by \(rollout.createdBy) and needs the approval of somebody else than \(author.name)"
                )
            }
            rollout.approvedBy.append(author.name)
            return rollout.approvedBy.count >= rollout.definition.approvals
        }
    }

    /// Lets hosts that failed, were missed or were skipped have another turn.
    /// - Parameters:
    ///   - hosts: IDs or names; all that failed or were missed when nil.
    ///   - windows: the times in which they may begin, where the rollout has a window and its deadline begins anew.
    /// - Throws: `conflict` when there are none, or when the rollout was aborted.
    public func retry(
        _ name: ResourceName, hosts named: [String]?, windows: [String: [Occurrence]]? = nil, by author: Author
    ) throws(StoreError) -> RolloutResource {
        try change(name, .retry, by: author) { rollout, connection in
            let hosts = RolloutHostRepository(connection: connection)
            var again = try hosts.all(of: name, in: named == nil ? [.failed, .missed] : [.failed, .missed, .skipped])
            if let named {
                let wanted = Set(try named.map { try HostRepository(connection: connection).find($0).id })
                again = again.filter { wanted.contains($0.host) }
            }
            guard !again.isEmpty else {
                throw StoreError.conflict("no host of rollout '\(name)' that was named has failed or was missed")
            }
            for var host in again {
                host.state = .pending
                host.wave = nil
                (host.reason, host.message) = (nil, nil)
                host.updatedAt = time.now()
                try hosts.update(host)
            }
            if rollout.progress.state == .finished {
                rollout.deadline = time.now() + Double(rollout.definition.deadlineSeconds)
                if let windows { rollout.definition.windows = windows }
            }
            return true
        }
    }

    /// Takes in hosts that have come to meet a continuous rollout's selection, and leaves out those that do not any more and were
    /// not asked.
    /// - Parameter targets: all that meet it now.
    public func follow(_ targets: [RolloutTarget], in name: ResourceName) throws(StoreError) {
        try write { connection in
            let hosts = RolloutHostRepository(connection: connection)
            var position = try hosts.lastPosition(in: name)
            let present = Set(targets.map(\.host))
            for target in targets {
                if let known = try hosts.find(target.host, of: name) {
                    let comesBack = known.state == .unfit || (known.state == .skipped && known.attempts == 0)
                    guard comesBack, target.obstacle == nil else { continue }
                    try hosts.remove(target.host, from: name)
                }
                position += 1
                try hosts.add(target, to: name, position: position, at: time.now())
            }
            for var host in try hosts.all(of: name, in: [.pending]) where !present.contains(host.host) {
                host.state = .skipped
                host.message = "it does not meet the rollout's selection any more"
                host.updatedAt = time.now()
                try hosts.update(host)
            }
        }
        memory.hasRolloutNews = true
    }

    /// - Parameter body: prepares the request; false when it is not complete with that.
    private func change(
        _ name: ResourceName, _ request: RolloutRequest, by author: Author,
        _ body: (inout StoredRollout, Connection) throws -> Bool
    ) throws(StoreError) -> RolloutResource {
        let changed = try write { connection in
            let rollouts = RolloutRepository(connection: connection)
            var rollout = try rollouts.find(name)
            if try body(&rollout, connection) {
                let tally = try RolloutHostRepository(connection: connection).tally(of: name)
                guard rollout.progress.take(request, tally) else {
                    throw StoreError.conflict(
                        "rollout '\(name)' is \(rollout.progress.state.rawValue); '\(request.rawValue)' makes no sense now"
                    )
                }
            }
            rollout.updatedAt = time.now()
            try rollouts.update(rollout)
            try audit("rollout.\(request.rawValue)", name.description, by: author)
            return try rollouts.resource(name)
        }
        memory.hasRolloutNews = true
        return changed
    }
}

import FleetModel
import FoundationEssentials
import MessageBus

/// What goes out: the documents first, then the presence that tells of them.
extension AgentSession {
    /// Publishes at every wake-up, and when the presence falls due by itself.
    func publishWhatChanges() async {
        await withDiscardingTaskGroup { group in
            var timerEnds: Duration?
            for await _ in publishing {
                let rest = await publishDue()
                let now = time.monotonic()
                if let ends = timerEnds, ends > now, ends <= now + (rest ?? .zero) { continue }
                guard let rest else { continue }
                timerEnds = now + rest
                group.addTask { [time, publishing] in
                    if (try? await time.sleep(for: rest)) != nil { publishing.send(()) }
                }
            }
            group.cancelAll()
        }
    }

    /// - Returns: how long until there is something to do by itself; nil for never.
    private func publishDue() async -> Duration? {
        do {
            while isConnected, let dispatch = outbox.next() {
                try await publish(dispatch)
                outbox.finished(dispatch)
            }
            guard isConnected else { return nil }
            await gatherFacts()
            if presence.withLock({ $0.due(at: time.uptime()) }) == .zero { try await publishPresence(announced) }
            return presence.withLock { $0.due(at: time.uptime()) }
        } catch {
            // The next connection wakes this loop again.
            logger.debug("publishing waits: \(error)")
            return error as? BusError == .queueFull ? .seconds(1) : nil
        }
    }

    /// Returns when the broker has taken the document, or says that it never will.
    private func publish(_ dispatch: Outbox.Dispatch) async throws {
        do {
            try await bus.publish(dispatch.message)
        } catch {
            switch error {
            case .refused(_, let reason), .invalid(let reason):
                logger.error("the broker does not take \(dispatch.message.topic): \(reason)")
            case .notConnected, .connectionLost, .queueFull: throw error
            }
        }
    }

    func publishPresence(_ state: Presence.State) async throws {
        let (message, facts, session) = presence.withLock { presence in
            (presence.message(state, at: time.now()), presence.facts, presence.session)
        }
        try await bus.publish(
            BusMessage(
                topic: Topic.presence(settings.host).name(in: settings.fleet),
                payload: Array(try FleetJSON.encode(message)), retain: true))
        presence.withLock { presence in
            // Another connection has begun meanwhile, whose birth is still to be said.
            if presence.session == session { presence.markPublished(facts, at: time.uptime()) }
        }
    }

    func gatherFacts() async {
        let (jobsRevision, desiredRevision) = (await jobs.recordedRevision, await jobs.desiredRevision)
        let (wantsTime, keys) = (await jobs.wantsTime, await jobs.keys)
        var inventory: [InventoryPart: Digest] = [:]
        for case (.inventory(_, let part), let message) in outbox.taken {
            inventory[part] = message.userProperty(InventoryPart.digestProperty).flatMap { Digest($0) }
        }
        let vms = registry.known.map { Set($0.keys) }
        let acked = spool.acked
        let recorded = spool.recorded
        presence.withLock { presence in
            presence.update {
                $0 = PresenceState.Facts(
                    acked: acked, recorded: recorded, jobsRevision: jobsRevision, desiredRevision: desiredRevision,
                    inventory: inventory, vms: vms, wantsTime: wantsTime, keys: keys)
            }
        }
    }
}

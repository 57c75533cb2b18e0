import FleetModel
import FleetRuntime

extension JobRunner {
    /// Hands reports to the durable stream as they come, and tries again when it does not take them.
    func handOverReports() async {
        var backoff = Backoff(base: .milliseconds(500), cap: .seconds(30))
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            do {
                try await handOver()
                backoff.reset()
                _ = await outboxChanged.next()
            } catch {
                logger.error("cannot hand over job reports, will try again: \(error)")
                try? await host.time.sleep(for: backoff.next(using: &random))
            }
        }
    }

    /// Hands over what the journal has to tell, in order; each report leaves it only when the stream has it.
    package func handOver() async throws {
        let revision = gate.revision
        while case let batch = try await journal.outbox(limit: 64), let last = batch.last {
            for entry in batch {
                if let deferral = entry.deferral { try await outlets.deferred(deferral, entry.key + "-deferral") }
                try await outlets.report(entry.report, entry.key)
            }
            try await journal.handedOver(upTo: last.id)
        }
        guard recordedRevision != revision else { return }
        recordedRevision = revision
        recorded.send(())
    }

    func publishProgress() async {
        for await entry in progress { await outlets.progress(entry) }
    }
}

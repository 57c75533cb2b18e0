import FleetModel
import FleetRuntime

extension JobRunner {
    /// Hands reports to the durable stream, in order; each leaves the journal only when the stream has it.
    func handOverReports() async {
        var backoff = Backoff(base: .milliseconds(500), cap: .seconds(30))
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            do {
                while case let batch = try await journal.outbox(limit: 64), !batch.isEmpty {
                    for entry in batch {
                        if let deferral = entry.deferral {
                            try await outlets.deferred(deferral, entry.key + "-deferral")
                        }
                        try await outlets.report(entry.report, entry.key)
                    }
                    if let last = batch.last { try await journal.handedOver(upTo: last.id) }
                }
                backoff.reset()
                _ = await outboxChanged.next()
            } catch {
                logger.error("cannot hand over job reports, will try again: \(error)")
                try? await host.time.sleep(for: backoff.next(using: &random))
            }
        }
    }

    func publishProgress() async {
        for await entry in progress { await outlets.progress(entry) }
    }
}

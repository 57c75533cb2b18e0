import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials

/// Writes metrics apart from the durable record, so that neither waits for the other, and keeps house: prunes the
/// history and saves when hosts were last heard of.
final class TickWriter: Sendable {
    static let retention: Duration = .seconds(48 * 3600)
    /// About two ticks of a thousand hosts.
    private static let queueCapacity = 2048
    private static let batchTicks = 64
    private static let pruneInterval: Duration = .seconds(5)
    private static let saveInterval: Duration = .seconds(60)

    private let store: FleetStore
    private let time: any TimeSource
    private let metrics: IngestMetrics
    private let logger: Logger
    private let queue = Mailbox<ReceivedMetrics>(capacity: queueCapacity)

    init(store: FleetStore, time: any TimeSource, metrics: IngestMetrics, logger: Logger) {
        self.store = store
        self.time = time
        self.metrics = metrics
        self.logger = logger
    }

    func add(_ ticks: [ReceivedMetrics]) {
        for tick in ticks where !queue.send(tick) { metrics.droppedTicks.increment() }
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.write() }
            group.addTask { await self.every(Self.pruneInterval, "prune metrics") { try await self.prune() } }
            group.addTask {
                await self.every(Self.saveInterval, "save when hosts were last seen") {
                    try await self.store.saveLastSeen()
                }
            }
        }
    }

    private func write() async {
        var failing = false
        while let first = await queue.next() {
            var ticks = [first]
            while ticks.count < Self.batchTicks, queue.count > 0, let next = await queue.next() { ticks.append(next) }
            do throws(StoreError) {
                try await store.series.append(ticks)
                metrics.stored.increment(by: UInt64(ticks.count))
                if failing { logger.notice("storing metrics works again") }
                failing = false
            } catch {
                metrics.droppedTicks.increment(by: UInt64(ticks.count))
                if !failing { logger.error("cannot store metrics, which are lost meanwhile: \(error)") }
                failing = true
            }
        }
    }

    private func prune() async throws {
        while try await store.series.prune(before: time.now() - Self.retention.seconds), !Task.isCancelled {}
    }

    private func every(_ interval: Duration, _ what: String, _ work: @Sendable () async throws -> Void) async {
        while (try? await time.sleep(for: interval)) != nil {
            do { try await work() } catch { logger.warning("cannot \(what): \(error)") }
        }
    }
}

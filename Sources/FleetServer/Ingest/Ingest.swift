import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import MessageBus

/// Takes what hosts publish from the bus to the database: decode, commit in batches, then let the acknowledgements,
/// the metrics and the requests for what is missing go out. Nothing that a host sends can stop it.
public final class Ingest: Service {
    public let name = "ingest"
    /// Messages of one commit, and how long its first may wait for the others.
    private static let batchMessages = 2048
    private static let batchTime: Duration = .milliseconds(50)
    private static let retryDelay: Duration = .seconds(1)
    private static let catchUpPause: Duration = .milliseconds(100)

    private let bus: any Bus
    private let store: FleetStore
    private let time: any TimeSource
    private let logger: Logger
    private let decoder: ArrivalDecoder
    private let metrics: IngestMetrics
    private let acknowledgements: AckPublisher
    private let documents: DocumentHealing
    private let ticks: TickWriter

    public init(bus: any Bus, store: FleetStore, time: any TimeSource, metrics: MetricsRegistry, logger: Logger) {
        self.bus = bus
        self.store = store
        self.time = time
        self.logger = logger
        self.metrics = IngestMetrics(metrics)
        decoder = ArrivalDecoder(fleet: store.fleet)
        acknowledgements = AckPublisher(bus: bus, store: store, time: time)
        documents = DocumentHealing(bus: bus, store: store, time: time, logger: logger)
        ticks = TickWriter(store: store, time: time, metrics: self.metrics, logger: logger)
        metrics.gauge("virtfleet_ingest_queue_messages", help: "Messages that wait to be taken.") {
            Double(bus.events.count)
        }
    }

    public func run() async throws {
        for filter in Topic.liveUp(in: store.fleet) + Topic.retainedUp(in: store.fleet) {
            try await bus.subscribe(filter, qos: .atLeastOnce)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.take() }
            group.addTask { await self.acknowledgements.run() }
            group.addTask { await self.documents.run() }
            group.addTask { await self.ticks.run() }
            // The first to end, by cancellation or because the bus is disconnected for good, ends all.
            try await group.next()
            group.cancelAll()
        }
    }

    /// While one batch is committed, the next is decoded.
    private func take() async throws {
        var session = IngestSession(catchUp: CatchUp(filters: Topic.retainedUp(in: store.fleet)))
        try await withThrowingTaskGroup(of: Void.self) { commits in
            while let event = await bus.events.next() {
                let (arrivals, refused) = await batch(from: event, &session)
                if !arrivals.isEmpty || !refused.isEmpty {
                    // One at a time, in order.
                    try await commits.next()
                    commits.addTask { try await self.commit(arrivals, refused) }
                }
                try await catchUp(&session)
            }
            try await commits.waitForAll()
        }
    }

    /// Decodes an event and what has arrived behind it.
    private func batch(
        from first: BusEvent, _ session: inout IngestSession
    ) async -> (arrivals: [Arrival], refused: [RefusedPayload]) {
        var arrivals: [Arrival] = []
        var refused: [RefusedPayload] = []
        let deadline = time.monotonic() + Self.batchTime
        var next: BusEvent? = first
        while let event = next {
            take(event, &arrivals, &refused, &session)
            let full = arrivals.count + refused.count >= Self.batchMessages || time.monotonic() >= deadline
            next = full || bus.events.count == 0 ? nil : await bus.events.next()
        }
        return (arrivals, refused)
    }

    private func take(
        _ event: BusEvent, _ arrivals: inout [Arrival], _ refused: inout [RefusedPayload],
        _ session: inout IngestSession
    ) {
        switch event {
        case .message(let message):
            metrics.messages.increment()
            switch decoder.decode(message, receivedAt: time.now()) {
            case .arrival(let arrival): arrivals.append(arrival)
            case .refused(let payload, let detail): refuse(payload, detail, &refused, &session)
            case .ignored: break
            }
        case .oversized(let topic, let bytes):
            let payload = RefusedPayload(receivedAt: time.now(), topic: topic, reason: .tooLarge, size: bytes)
            refuse(payload, "\(bytes) bytes, dropped by the bus", &refused, &session)
        case .connected: logger.notice("connected to the broker")
        case .disconnected(let reason): logger.warning("lost the broker: \(reason)")
        case .twin(let evidence): logger.error("another controller of this fleet is connected: \(evidence)")
        }
    }

    private func refuse(
        _ payload: RefusedPayload, _ detail: String, _ refused: inout [RefusedPayload], _ session: inout IngestSession
    ) {
        refused.append(payload)
        guard session.isNew(payload) else { return }
        logger.warning("refused \(payload.topic): \(payload.reason.rawValue), \(detail); more like it are only counted")
    }

    /// Stays with the batch until it is stored: what is not committed is not acknowledged, so nothing is lost.
    private func commit(_ arrivals: [Arrival], _ refused: [RefusedPayload]) async throws {
        var failed = false
        while true {
            do throws(StoreError) {
                let outcome = try await store.commit(arrivals, refused: refused)
                if failed { logger.notice("storing works again") }
                metrics.count(outcome)
                if outcome.restored {
                    logger.warning(
                        "this database is an older copy of itself: it is now store \(outcome.store), and jobs wait until each host's record has been read again"
                    )
                }
                await acknowledgements.add(outcome.acknowledgements)
                await documents.expect(outcome.arrived)
                ticks.add(outcome.metrics)
                return
            } catch {
                metrics.failures.increment()
                if !failed { logger.error("\(error); trying again every \(Self.retryDelay) and acknowledging nothing") }
                failed = true
            }
            try await time.sleep(for: Self.retryDelay)
        }
    }

    private func catchUp(_ session: inout IngestSession) async throws {
        while bus.events.count == 0,
            let filter = session.catchUp.next(dropped: bus.statistics.dropped, now: time.monotonic())
        {
            logger.warning("messages were dropped because the queue was full; asking for \(filter) again")
            do {
                try await bus.subscribe(filter, qos: .atLeastOnce)
            } catch {
                // Without a connection the next one subscribes again by itself.
                logger.info("could not subscribe again: \(error)")
            }
            // Until the first of them arrive.
            try await time.sleep(for: Self.catchUpPause)
        }
    }
}

/// What one run of ingest remembers.
private struct IngestSession {
    var catchUp: CatchUp
    private var logged: Set<String> = []

    init(catchUp: CatchUp) { self.catchUp = catchUp }

    /// Whether this kind of refusal has not been seen yet: its reason, and the last level of its topic's shape.
    mutating func isNew(_ refused: RefusedPayload) -> Bool {
        let levels = refused.topic.split(separator: "/")
        return logged.insert("\(refused.reason) \(levels.dropFirst(5).first ?? "")").inserted && logged.count < 256
    }
}

import FleetModel
import FleetRuntime
import Synchronization

/// Brings what is in the spool to the controller: never loses, never holds more than a few records in memory.
public actor StreamPublisher: Service {
    private enum Event: Sendable {
        case connected, disconnected, controllerCame, appended, timePassed
        case acknowledged(StreamPosition)
    }

    /// Records read at a time.
    private static let batch = 16

    public nonisolated let name = "durable stream"
    private nonisolated let inbox = Mailbox<Event>(capacity: 256)
    private nonisolated let wakeUpQueued = Atomic(false)
    private let spool: Spool
    private let publish: @Sendable ([UInt8]) async throws -> Void
    private let time: any TimeSource
    private let logger: Logger
    private var sender: StreamSender
    private var isTimerSet = false

    /// - Parameter publish: publishes on `up/<host>/stream` with QoS 1; returns when the broker has taken the message.
    public init(
        spool: Spool, sender: StreamSender = StreamSender(), time: any TimeSource, logger: Logger,
        publish: @escaping @Sendable ([UInt8]) async throws -> Void
    ) {
        self.spool = spool
        self.sender = sender
        self.time = time
        self.logger = logger
        self.publish = publish
    }

    public nonisolated func connected() { inbox.send(.connected) }
    public nonisolated func disconnected() { inbox.send(.disconnected) }
    /// A controller has taken up its work while the connection stood.
    public nonisolated func controllerCame() { inbox.send(.controllerCame) }
    /// `down/<host>/ack` has arrived. Refused in a flood: another one follows each record that is sent again.
    public nonisolated func acknowledged(_ position: StreamPosition) { inbox.send(.acknowledged(position)) }

    private nonisolated func wakeUp() {
        if !wakeUpQueued.exchange(true, ordering: .acquiringAndReleasing) { inbox.send(.appended) }
    }

    public func run() async throws {
        await spool.whenAppended { [weak self] in self?.wakeUp() }
        await withDiscardingTaskGroup { group in
            for await event in inbox {
                await handle(event)
                await sendWhatMayBeSent()
                setTimer(in: &group)
            }
            group.cancelAll()
        }
    }

    private func handle(_ event: Event) async {
        switch event {
        case .connected: sender.connected()
        case .disconnected: sender.disconnected()
        case .controllerCame: sender.controllerCame()
        case .appended: wakeUpQueued.store(false, ordering: .releasing)
        case .timePassed:
            isTimerSet = false
            sender.timePassed(to: time.monotonic())
        case .acknowledged(let position): await acknowledge(position)
        }
    }

    private func acknowledge(_ position: StreamPosition) async {
        do {
            switch try await spool.acknowledge(position) {
            case .advanced:
                sender.acknowledged(
                    StreamPlace(epoch: position.epoch, seq: position.seq), at: time.monotonic())
            case .unchanged: break
            case .newStore:
                logger.notice(
                    "the controller's database is another one (\(position.store)); sending again all that is held")
                sender.storeChanged()
            case .ignored(let claimed):
                logger.error(
                    "ignoring an acknowledgement of more than was sent: epoch \(claimed.epoch), seq \(claimed.seq)")
            }
        } catch {
            logger.error("cannot note what the controller has confirmed; it will confirm it again: \(error)")
        }
    }

    private func sendWhatMayBeSent() async {
        while let request = sender.request {
            do {
                let records = try await spool.unacknowledged(
                    after: request.after, limit: min(request.limit, Self.batch))
                if records.isEmpty { return }
                for record in records {
                    try await publish(record.json())
                    sender.sent(
                        StreamPlace(epoch: record.header.epoch, seq: record.header.seq), at: time.monotonic())
                }
            } catch {
                logger.debug("the stream waits: \(error)")
                sender.failed(at: time.monotonic())
            }
        }
    }

    /// One timer is under way at most; when it ends too early, the next one is set.
    private func setTimer(in group: inout DiscardingTaskGroup) {
        guard !isTimerSet, let deadline = sender.deadline else { return }
        isTimerSet = true
        let time = time
        let inbox = inbox
        let rest = deadline - time.monotonic()
        group.addTask {
            if (try? await time.sleep(for: rest)) != nil { inbox.send(.timePassed) }
        }
    }
}

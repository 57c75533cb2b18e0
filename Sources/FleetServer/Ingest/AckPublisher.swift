import DurableStream
import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import MessageBus

/// Publishes how far each host's record is committed: retained, as often as the coalescer says.
actor AckPublisher {
    /// How often it looks for acknowledgements whose second is over.
    private static let interval: Duration = .milliseconds(200)
    private let publisher: Publisher
    private let store: FleetStore
    private let time: any TimeSource
    private var coalescer = AckCoalescer()
    private nonisolated let wake = Mailbox<Void>(capacity: 1)

    init(bus: any Bus, store: FleetStore, time: any TimeSource) {
        publisher = Publisher(bus: bus)
        self.store = store
        self.time = time
    }

    func add(_ acknowledgements: [(host: HostID, position: StreamPosition)]) {
        guard !acknowledgements.isEmpty else { return }
        for (host, position) in acknowledgements { coalescer.acknowledge(position, to: host) }
        wake.send(())
    }

    nonisolated func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await self.time.sleep(for: Self.interval)) != nil { self.wake.send(()) }
            }
            while await wake.next() != nil { await publishDue() }
            group.cancelAll()
        }
    }

    private func publishDue() async {
        var due = coalescer.due(at: time.monotonic())
        guard !due.isEmpty else { return }
        // The broker would keep that of a host which was removed meanwhile, when all else of it has been cleared.
        let registered = await store.registered(among: due.map(\.host))
        due.removeAll { !registered.contains($0.host) }
        let messages = due.compactMap { host, position -> BusMessage? in
            guard let payload = try? FleetJSON.encode(position) else { return nil }
            return BusMessage(
                topic: Topic.ack(host).name(in: store.fleet), payload: [UInt8](payload), qos: .atLeastOnce, retain: true
            )
        }
        let failed = await publisher.publish(messages)
        for index in failed { coalescer.putBack(due[index].position, to: due[index].host) }
    }
}

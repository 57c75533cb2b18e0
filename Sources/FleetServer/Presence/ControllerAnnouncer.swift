import FleetModel
import FleetRuntime
import FoundationEssentials
import MessageBus
import Synchronization

/// The controller's own life on the bus: connects, says on `all/controller` that it is there, and takes its leave.
/// Whoever reads the bus's events runs beside it.
public final class ControllerAnnouncer: Service {
    private struct State {
        var session = SessionID.random()
        /// The session that the broker has been told of.
        var announced: SessionID?
    }

    public let name = "announcer"
    private let bus: any Bus
    private let fleet: FleetName
    private let time: any TimeSource
    private let state = Mutex(State())
    private let attempts = Mailbox<Void>(capacity: 1)

    public init(bus: any Bus, fleet: FleetName, time: any TimeSource) {
        self.bus = bus
        self.fleet = fleet
        self.time = time
    }

    /// The broker has been reached and told, and the connection has not been made anew since.
    public var isAnnounced: Bool { state.withLock { $0.announced == $0.session } }

    public func run() async throws {
        await bus.connect { [self] in prepare() }
        for await _ in attempts {
            while !isAnnounced, !Task.isCancelled { await announce() }
        }
        // This task is cancelled by now; the farewell is not.
        await Task {
            let session = state.withLock(\.session)
            if isAnnounced { try? await bus.publish(message(.offline, session)) }
            await bus.disconnect()
        }.value
    }

    private func prepare() -> ConnectionAttempt {
        let session = state.withLock { state in
            state.session = .random()
            return state.session
        }
        attempts.send(())
        return ConnectionAttempt(will: try? message(.lost, session), willDelaySeconds: 0)
    }

    private func announce() async {
        let session = state.withLock(\.session)
        do {
            try await bus.publish(message(.online, session))
            state.withLock { $0.announced = session }
        } catch {
            // The connection is still being made.
            try? await time.sleep(for: .milliseconds(200))
        }
    }

    private func message(_ word: ControllerPresence.State, _ session: SessionID) throws -> BusMessage {
        let presence = ControllerPresence(
            state: word, session: session, version: ProductVersion.current, time: time.now())
        return BusMessage(
            topic: Topic.controller.name(in: fleet), payload: Array(try FleetJSON.encode(presence)), retain: true)
    }
}

import CEpoll
import CMosquitto
import FleetRuntime
import Glibc

/// Many agents' connections in one epoll loop: libmosquitto's own loops use select(2) and end at 1,024 descriptors.
/// To be made and used on one thread that may block.
final class AgentSwarm {
    /// What opens an agent's window for more events.
    enum Flow {
        /// The controller's acknowledgement, as the durable record has it.
        case acknowledged
        /// The broker's PUBACK alone: what a plain client does.
        case puback
    }

    let flow: Flow
    private let port: UInt16
    private(set) var agents: [SwarmAgent] = []
    /// Of all agents.
    private(set) var connected = 0
    private(set) var unconfirmed: UInt64 = 0
    private let poll = epoll_create1(O_CLOEXEC)
    let time = SystemTimeSource()

    /// Returns when all are connected.
    /// - Parameter kind: what each of them does.
    init(
        _ hosts: [Registration], port: UInt16, flow: Flow = .acknowledged, of kind: SwarmAgent.Type = SwarmAgent.self
    ) throws {
        self.flow = flow
        self.port = port
        _ = Self.library
        for host in hosts { _ = try add(host, as: kind) }
    }

    /// Returns when it is connected.
    func add<Agent: SwarmAgent>(_ host: Registration, as kind: Agent.Type) throws -> Agent {
        let agent = try kind.init(host, port: port, swarm: self)
        agents.append(agent)
        var event = agent.event(EPOLLIN.rawValue)
        epoll_ctl(poll, EPOLL_CTL_ADD, agent.socket, &event)
        // The broker has a backlog of 100 connections.
        try loop(until: "host \(host.host) is connected") { connected == agents.count }
        return agent
    }

    deinit { close(poll) }

    private static let library = mosquitto_lib_init()

    /// One event from every agent, sent again every second until it is acknowledged: a controller that has just been
    /// started may not have subscribed yet.
    func warmUp() throws {
        send(1)
        var next = time.monotonic() + .seconds(1)
        try loop(until: "the controller has acknowledged an event of every host") {
            if time.monotonic() > next {
                for agent in agents { agent.sendAgain() }
                next += .seconds(1)
            }
            return unconfirmed == 0
        }
    }

    /// Publishes `count` events from every agent, as far as the windows allow; `loop` does the rest.
    func send(_ count: UInt64) {
        for agent in agents { agent.send(count) }
    }

    /// Serves all connections until the condition holds, which is asked at least every 10 ms.
    func loop(until what: String, within limit: Duration = .seconds(600), _ condition: () throws -> Bool) throws {
        let deadline = time.monotonic() + limit
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        var nextPing = time.monotonic() + .seconds(1)
        while try !condition() {
            let count = epoll_wait(poll, &events, Int32(events.count), 10)
            for event in events.prefix(max(0, Int(count))) {
                try Unmanaged<SwarmAgent>.fromOpaque(event.data.ptr).takeUnretainedValue().serve(event.events)
            }
            let now = time.monotonic()
            guard now < deadline else { throw BenchmarkFailure("waited \(limit) in vain until \(what)") }
            if now > nextPing {
                for agent in agents { try agent.ping() }
                nextPing = now + .seconds(1)
            }
        }
    }

    // MARK: What agents tell

    func isConnected() { connected += 1 }

    func isToSend(_ count: UInt64) { unconfirmed += count }

    func isConfirmed(_ count: UInt64) { unconfirmed -= count }

    func watch(_ agent: SwarmAgent, writing: Bool) {
        var event = agent.event(EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0))
        epoll_ctl(poll, EPOLL_CTL_MOD, agent.socket, &event)
    }
}

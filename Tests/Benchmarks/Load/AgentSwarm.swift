import CMosquitto
import CEpoll
import FleetModel
import Foundation
import Glibc

/// Many agents' connections on one thread with one epoll loop: libmosquitto's own loops use select(2) and end at 1,024
/// descriptors. Publishes what agents publish and, where asked, waits for acknowledgements as they do.
final class AgentSwarm {
    struct Identity {
        var host: HostID
        var password: String
    }

    /// What opens an agent's window for more events.
    enum Flow {
        /// The controller's acknowledgement, as the durable record has it.
        case acknowledged
        /// The broker's PUBACK alone: what a plain client does.
        case puback
    }

    static let window = 64

    final class Agent {
        let identity: Identity
        let epoch = EpochID.random()
        var handle: OpaquePointer?
        var connected = false
        var sent: UInt64 = 0
        var confirmed: UInt64 = 0
        /// Where this round ends.
        var goal: UInt64 = 0
        let streamTopic: String
        unowned let swarm: AgentSwarm

        init(_ identity: Identity, swarm: AgentSwarm) {
            self.identity = identity
            self.swarm = swarm
            streamTopic = Topic.stream(identity.host).name(in: swarm.fleet)
        }
    }

    let fleet: FleetName
    private(set) var agents: [Agent] = []
    private let poll = epoll_create1(0)
    private var flow = Flow.acknowledged

    init(_ identities: [Identity], fleet: FleetName, port: Int) throws {
        self.fleet = fleet
        _ = Self.library
        for identity in identities {
            let agent = Agent(identity, swarm: self)
            agents.append(agent)
            try connect(agent, port: port)
        }
        try loop(until: "every connection is made") { self.agents.allSatisfy(\.connected) }
    }

    deinit {
        for agent in agents {
            mosquitto_disconnect(agent.handle)
            mosquitto_destroy(agent.handle)
        }
        close(poll)
    }

    private static let library = mosquitto_lib_init()

    private func connect(_ agent: Agent, port: Int) throws {
        let handle = mosquitto_new(agent.identity.host.description, true, Unmanaged.passUnretained(agent).toOpaque())
        agent.handle = handle
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5)
        mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, 65535)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        mosquitto_username_pw_set(handle, agent.identity.host.description, agent.identity.password)
        mosquitto_connect_callback_set(handle, onConnect)
        mosquitto_message_callback_set(handle, onMessage)
        mosquitto_publish_callback_set(handle, onPublish)
        let code = mosquitto_connect(handle, "127.0.0.1", Int32(port), 120)
        guard code == MOSQ_ERR_SUCCESS.rawValue else {
            throw BenchmarkFailure(
                "agent \(agent.identity.host) cannot connect: \(String(cString: mosquitto_strerror(code)))")
        }
        watch(agent, EPOLL_CTL_ADD)
    }

    private func watch(_ agent: Agent, _ operation: Int32) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (mosquitto_want_write(agent.handle) ? EPOLLOUT.rawValue : 0)
        event.data.ptr = Unmanaged.passUnretained(agent).toOpaque()
        epoll_ctl(poll, operation, mosquitto_socket(agent.handle), &event)
    }

    /// Runs the loop until the condition holds.
    func loop(until what: String, limit: Double = 300, _ condition: () -> Bool) throws {
        let deadline = Date().timeIntervalSince1970 + limit
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        var lastMisc = Date().timeIntervalSince1970
        while !condition() {
            let count = epoll_wait(poll, &events, 256, 100)
            for index in 0..<max(0, Int(count)) {
                let agent = Unmanaged<Agent>.fromOpaque(events[index].data.ptr).takeUnretainedValue()
                if events[index].events & EPOLLIN.rawValue != 0 {
                    try check(mosquitto_loop_read(agent.handle, 10), agent)
                }
                if mosquitto_want_write(agent.handle) { try check(mosquitto_loop_write(agent.handle, 10), agent) }
                watch(agent, EPOLL_CTL_MOD)
            }
            let now = Date().timeIntervalSince1970
            if now - lastMisc > 1 {
                for agent in agents { mosquitto_loop_misc(agent.handle) }
                lastMisc = now
            }
            guard now < deadline else { throw BenchmarkFailure("gave up waiting until \(what)") }
        }
    }

    private func check(_ code: Int32, _ agent: Agent) throws {
        guard code == MOSQ_ERR_SUCCESS.rawValue else {
            throw BenchmarkFailure(
                "agent \(agent.identity.host) lost its connection: \(String(cString: mosquitto_strerror(code)))")
        }
    }

    /// Publishes `count` events from every agent and returns when each is confirmed as `flow` says.
    func sendEvents(_ count: UInt64, flow: Flow) throws {
        self.flow = flow
        for agent in agents {
            agent.goal = agent.sent + count
            fill(agent)
        }
        try loop(until: "all events are confirmed") { self.agents.allSatisfy { $0.confirmed >= $0.goal } }
    }

    /// Publishes one payload on a topic of each agent, QoS 0.
    func publishMetrics(_ payload: [UInt8], agent: Agent) {
        mosquitto_publish(
            agent.handle, nil, Topic.metrics(agent.identity.host).name(in: fleet), Int32(payload.count), payload, 0,
            false)
        watch(agent, EPOLL_CTL_MOD)
    }

    fileprivate func fill(_ agent: Agent) {
        while agent.sent < agent.goal, agent.sent - agent.confirmed < UInt64(Self.window) {
            agent.sent += 1
            let payload = Array(EventPayload.text(epoch: agent.epoch, seq: agent.sent).utf8)
            mosquitto_publish(
                agent.handle, nil, agent.streamTopic, Int32(payload.count), payload, 1, false)
        }
        watch(agent, EPOLL_CTL_MOD)
    }

    fileprivate func published(_ agent: Agent) {
        guard flow == .puback else { return }
        agent.confirmed += 1
        fill(agent)
    }

    fileprivate func acknowledged(_ agent: Agent, _ payload: Data) {
        guard flow == .acknowledged, let position = try? FleetJSON.decode(StreamPosition.self, from: payload),
            position.epoch == agent.epoch, position.seq > agent.confirmed
        else { return }
        agent.confirmed = position.seq
        fill(agent)
    }
}

/// The record that every comparison sends: a VM's lifecycle event.
enum EventPayload {
    static func text(epoch: EpochID, seq: UInt64) -> String {
        """
        {"body":{"detail":"booted","event":"started","name":"office-ada","synthesised":false,\
        "vm":"6f1c1a52-3a0e-4c59-9a39-2f4b8a6f2f10"},"bootID":"0e0d7c6c-5b1c-4c5e-9a51-1d2f3a4b5c6d",\
        "epoch":"\(epoch)","first":1,"seq":\(seq),"time":"2026-11-20T18:03:45.123Z","type":"vm.lifecycle","uptime":12345.678}
        """
    }
}

private func agent(_ pointer: UnsafeMutableRawPointer?) -> AgentSwarm.Agent? {
    pointer.map { Unmanaged<AgentSwarm.Agent>.fromOpaque($0).takeUnretainedValue() }
}

private let onConnect: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Void = {
    handle, user, code in
    guard let agent = agent(user), code == 0 else { return }
    agent.connected = true
    mosquitto_subscribe(handle, nil, Topic.everythingDown(to: agent.identity.host, in: agent.swarm.fleet), 1)
}

private let onPublish: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Void = { _, user, _ in
    guard let agent = agent(user) else { return }
    agent.swarm.published(agent)
}

private let onMessage:
    @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafePointer<mosquitto_message>?) -> Void = {
        _, user, message in
        guard let agent = agent(user), let message = message?.pointee, let payload = message.payload,
            String(cString: message.topic).hasSuffix("/ack")
        else { return }
        agent.swarm.acknowledged(agent, Data(bytes: payload, count: Int(message.payloadlen)))
    }

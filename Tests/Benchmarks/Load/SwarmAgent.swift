import CEpoll
import CMosquitto
import FleetModel
import Glibc

/// One connection of a swarm: publishes what an agent publishes, and keeps to its window.
class SwarmAgent {
    private static let window: UInt64 = 64

    let host: HostID
    private let handle: OpaquePointer
    let epoch = EpochID.random()
    private let streamTopic: String
    private let metricsTopic: String
    unowned let swarm: AgentSwarm
    private var sent: UInt64 = 0
    private(set) var confirmed: UInt64 = 0
    private(set) var goal: UInt64 = 0
    private var isWatchedForWriting = false

    required init(_ registration: Registration, port: UInt16, swarm: AgentSwarm) throws {
        host = registration.host
        self.swarm = swarm
        streamTopic = Topic.stream(host).name(in: ControllerProcess.fleet)
        metricsTopic = Topic.metrics(host).name(in: ControllerProcess.fleet)
        guard let handle = mosquitto_new(host.description, true, nil) else {
            throw BenchmarkFailure("no memory for a client")
        }
        self.handle = handle
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5)
        mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, 65535)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        mosquitto_username_pw_set(handle, registration.user, registration.password)
        mosquitto_connect_callback_set(handle, onConnect)
        mosquitto_message_callback_set(handle, onMessage)
        mosquitto_publish_callback_set(handle, onPublish)
        if let will {
            let topic = Topic.presence(host).name(in: ControllerProcess.fleet)
            try check(
                will.withUnsafeBytes { mosquitto_will_set(handle, topic, Int32($0.count), $0.baseAddress, 1, true) })
        }
        try check(mosquitto_connect(handle, "127.0.0.1", Int32(port), 120))
    }

    /// Its presence when the connection is lost.
    var will: [UInt8]? { nil }

    deinit {
        mosquitto_disconnect(handle)
        mosquitto_destroy(handle)
    }

    var socket: Int32 { mosquitto_socket(handle) }

    func event(_ interest: UInt32) -> epoll_event {
        epoll_event(events: interest, data: epoll_data(ptr: Unmanaged.passUnretained(self).toOpaque()))
    }

    func serve(_ events: UInt32) throws {
        if events & ~EPOLLOUT.rawValue != 0 { try check(mosquitto_loop_read(handle, 1)) }
        if mosquitto_want_write(handle) { try check(mosquitto_loop_write(handle, 1)) }
        watch()
    }

    func ping() throws { try check(mosquitto_loop_misc(handle)) }

    /// QoS 0, as agents send it.
    func publishMetrics(_ payload: String) throws { try publish(metricsTopic, payload, qos: 0) }

    /// So many more records, as far as the window allows.
    func send(_ count: UInt64) {
        swarm.isToSend(count)
        goal += count
        fill()
    }

    func sendAgain() {
        sent = confirmed
        fill()
    }

    private func fill() {
        while sent < goal, sent - confirmed < Self.window {
            sent += 1
            // A failure is the connection's, which `serve` meets as well.
            try? publish(streamTopic, record(sent), qos: 1)
        }
    }

    /// What goes into the durable stream at its place.
    func record(_ seq: UInt64) -> String {
        StreamRecord.text(.vmLifecycle, body: StreamRecord.event, epoch: epoch, seq: seq)
    }

    func publish(_ topic: String, _ payload: String, qos: Int32, retain: Bool = false) throws {
        var payload = payload
        try payload.withUTF8 { bytes in
            try check(mosquitto_publish(handle, nil, topic, Int32(bytes.count), bytes.baseAddress, qos, retain))
        }
        watch()
    }

    /// Asks for word of a writable socket while there is something to write.
    private func watch() {
        let writing = mosquitto_want_write(handle)
        guard writing != isWatchedForWriting else { return }
        isWatchedForWriting = writing
        swarm.watch(self, writing: writing)
    }

    private func check(_ code: Int32) throws {
        guard code == MOSQ_ERR_SUCCESS.rawValue else {
            throw BenchmarkFailure("host \(host) at the broker: \(String(cString: mosquitto_strerror(code)))")
        }
    }

    // MARK: What the broker says

    func isConnected() {
        swarm.isConnected()
        subscribe(to: Topic.everythingDown(to: host, in: ControllerProcess.fleet))
    }

    func subscribe(to filter: String) {
        // A failure is the connection's, which `serve` meets as well.
        mosquitto_subscribe(handle, nil, filter, 1)
    }

    /// Anything but an acknowledgement.
    func isTold(_ topic: String, _ payload: [UInt8]) {}

    func isPublished() {
        if swarm.flow == .puback { confirm(upTo: confirmed + 1) }
    }

    func isAcknowledged(_ payload: [UInt8]) {
        guard swarm.flow == .acknowledged,
            let position = try? FleetJSON.decode(StreamPosition.self, from: .init(payload)),
            position.epoch == epoch
        else { return }
        confirm(upTo: position.seq)
    }

    func confirm(upTo seq: UInt64) {
        guard seq > confirmed else { return }
        swarm.isConfirmed(seq - confirmed)
        confirmed = seq
        fill()
    }
}

private func agent(_ pointer: UnsafeMutableRawPointer?) -> SwarmAgent? {
    pointer.map { Unmanaged<SwarmAgent>.fromOpaque($0).takeUnretainedValue() }
}

private let onConnect: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Void = { _, user, code in
    if code == 0 { agent(user)?.isConnected() }
}

private let onPublish: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Void = { _, user, _ in
    agent(user)?.isPublished()
}

private let onMessage:
    @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafePointer<mosquitto_message>?) -> Void = {
        _, user, message in
        guard let message = message?.pointee, let agent = agent(user) else { return }
        let (topic, payload) = (
            String(cString: message.topic),
            [UInt8](UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen)))
        )
        if topic.hasSuffix("/ack") { agent.isAcknowledged(payload) } else { agent.isTold(topic, payload) }
    }

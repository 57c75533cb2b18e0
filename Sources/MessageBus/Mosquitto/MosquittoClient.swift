import CMosquitto
import FleetRuntime
import Glibc

/// What libmosquitto reports, on the thread that drives it.
protocol MosquittoClientDelegate: AnyObject {
    func accepted(sessionPresent: Bool)
    func refused(reasonCode: Int)
    /// - Parameter code: an MQTT reason code from 0x80 on, or one of libmosquitto's own errors.
    func closed(code: Int32)
    func published(mid: Int32, reasonCode: Int)
    func subscribed(mid: Int32, reasonCode: Int)
    func received(_ message: BusMessage)
    func receivedOversized(topic: String, bytes: Int)
}

/// Owner of one libmosquitto client, for one connection attempt. Everything happens on one thread, in `drive`.
final class MosquittoClient {
    private let handle: OpaquePointer
    private let payloadLimit: Int
    private unowned let delegate: any MosquittoClientDelegate
    /// What libmosquitto last called an error.
    var complaint: String?
    /// Grows with every callback.
    private var activity = 0

    private static let library: Int32 = mosquitto_lib_init()

    init(
        _ configuration: MosquittoConfiguration, attempt: ConnectionAttempt, delegate: any MosquittoClientDelegate
    ) throws(MosquittoFailure) {
        guard Self.library == MOSQ_ERR_SUCCESS.rawValue,
            let handle = mosquitto_new(configuration.clientID, configuration.cleanStart, nil)
        else { throw MosquittoFailure("cannot make a libmosquitto client for '\(configuration.clientID)'", errno) }
        self.handle = handle
        self.delegate = delegate
        payloadLimit = configuration.limits.payloadBytes
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        setMosquittoCallbacks(handle)
        // Packets are only queued when they are made; `drive` writes them, so no callback comes out of `publish`.
        mosquitto_threaded_set(handle, true)
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, Int32(UInt16.max))
        mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, Int32(UInt16.max))
        if let username = configuration.username {
            try check("user name") { mosquitto_username_pw_set(handle, username, configuration.password) }
        }
        if let tls = configuration.tls {
            let files = [tls.caFile, tls.certificateFile, tls.keyFile].compactMap(\.self).joined(separator: ", ")
            try check("cannot use the TLS files \(files); check that each exists, is PEM and may be read") {
                mosquitto_tls_set(handle, tls.caFile, nil, tls.certificateFile, tls.keyFile, nil)
            }
        }
        if let will = attempt.will {
            let properties: MosquittoProperties
            do { properties = try MosquittoProperties(of: will, willDelaySeconds: attempt.willDelaySeconds) } catch {
                throw MosquittoFailure("will on \(will.topic): \(error)")
            }
            try check("will on \(will.topic)") {
                let code = mosquitto_will_set_v5(
                    handle, will.topic, Int32(will.payload.count), will.payload, will.qos.rawValue, will.retain,
                    properties.list)
                // libmosquitto frees the properties of a will that it took.
                if code == MOSQ_ERR_SUCCESS.rawValue { properties.surrender() }
                return code
            }
        }
    }

    deinit { mosquitto_destroy(handle) }

    /// Opens the connection and sends CONNECT. Blocks while the name is resolved and the TCP connection is made, which
    /// is as long as the kernel tries (tcp_syn_retries).
    func connect(_ configuration: MosquittoConfiguration) throws(MosquittoFailure) {
        let properties = MosquittoProperties()
        properties.add(
            MQTT_PROP_SESSION_EXPIRY_INTERVAL, uint32: UInt32(clamping: Int64(configuration.sessionExpiry.seconds)))
        // Well above the payload limit, so that what is somewhat too large is still seen and counted.
        properties.add(
            MQTT_PROP_MAXIMUM_PACKET_SIZE, uint32: UInt32(clamping: max(16 * payloadLimit, payloadLimit + (1 << 20))))
        try check("connect to \(configuration.host):\(configuration.port)") {
            mosquitto_connect_bind_v5(
                handle, configuration.host, Int32(configuration.port), Int32(configuration.keepAlive.seconds), nil,
                properties.list)
        }
    }

    /// - Returns: the message ID that `published` will name.
    func publish(_ message: BusMessage) throws(BusError) -> Int32 {
        guard message.payload.count <= payloadLimit else {
            throw .invalid("a payload of \(message.payload.count) bytes on \(message.topic) is above \(payloadLimit)")
        }
        let properties = try MosquittoProperties(of: message)
        var mid: Int32 = 0
        let code = mosquitto_publish_v5(
            handle, &mid, message.topic, Int32(message.payload.count), message.payload, message.qos.rawValue,
            message.retain, properties.list)
        switch code {
        case MOSQ_ERR_SUCCESS.rawValue: return mid
        case MOSQ_ERR_NO_CONN.rawValue, MOSQ_ERR_CONN_LOST.rawValue: throw .connectionLost
        default: throw .invalid("publish on '\(message.topic)': \(String(cString: mosquitto_strerror(code)))")
        }
    }

    /// - Returns: the message ID that `subscribed` will name.
    func subscribe(_ filter: String, qos: QoS) throws(BusError) -> Int32 {
        var mid: Int32 = 0
        let code = mosquitto_subscribe_v5(handle, &mid, filter, qos.rawValue, 0, nil)
        switch code {
        case MOSQ_ERR_SUCCESS.rawValue: return mid
        case MOSQ_ERR_NO_CONN.rawValue, MOSQ_ERR_CONN_LOST.rawValue: throw .connectionLost
        default: throw .invalid("subscribe to '\(filter)': \(String(cString: mosquitto_strerror(code)))")
        }
    }

    /// Queues a normal DISCONNECT; `closed` follows when it is written.
    func disconnect() { mosquitto_disconnect_v5(handle, 0, nil) }

    var isOpen: Bool { mosquitto_socket(handle) >= 0 }

    /// Waits for the socket, for `wake` or for the time limit, then lets libmosquitto read, write and keep the
    /// connection alive.
    func drive(wake: Wakeup, limit: Duration) {
        let socket = mosquitto_socket(handle)
        guard socket >= 0 else { return }
        let interest = Int16(POLLIN) | (mosquitto_want_write(handle) ? Int16(POLLOUT) : 0)
        let ready = wake.wait(beside: socket, for: interest, limit: limit)
        if ready & ~Int16(POLLOUT) != 0 {
            // One call reads one packet; as long as packets come, go on, but give writing its turn.
            var before: Int
            var rounds = 0
            repeat {
                before = activity
                rounds += 1
                guard proceed(mosquitto_loop_read(handle, 1)) else { return }
            } while activity != before && rounds < 256
        }
        if mosquitto_want_write(handle), !proceed(mosquitto_loop_write(handle, 1)) { return }
        _ = proceed(mosquitto_loop_misc(handle))
    }

    /// - Returns: false when the connection is gone; the delegate has been told.
    private func proceed(_ code: Int32) -> Bool {
        if isOpen && code == MOSQ_ERR_SUCCESS.rawValue { return true }
        delegate.closed(code: code)
        return false
    }

    private func check(_ operation: String, _ call: () -> Int32) throws(MosquittoFailure) {
        let code = call()
        if code != MOSQ_ERR_SUCCESS.rawValue {
            throw MosquittoFailure(operation, code: code, errno: errno, complaint: complaint)
        }
    }

    // Called by the callbacks.
    func callback(_ report: (any MosquittoClientDelegate) -> Void) {
        activity += 1
        report(delegate)
    }

    func received(_ message: mosquitto_message, properties: OpaquePointer?) {
        activity += 1
        let topic = String(cString: message.topic)
        let count = Int(message.payloadlen)
        guard count <= payloadLimit else { return delegate.receivedOversized(topic: topic, bytes: count) }
        var copy = BusMessage(
            topic: topic, payload: Array(UnsafeRawBufferPointer(start: message.payload, count: count)),
            qos: message.qos == 0 ? .atMostOnce : .atLeastOnce, retain: message.retain)
        MosquittoProperties.read(properties, into: &copy)
        delegate.received(copy)
    }
}

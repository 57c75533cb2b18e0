import CMosquitto

// libmosquitto calls these on the thread that drives the client; they copy and hand on.

func setMosquittoCallbacks(_ handle: OpaquePointer) {
    mosquitto_connect_v5_callback_set(handle, onConnect)
    mosquitto_disconnect_v5_callback_set(handle, onDisconnect)
    mosquitto_publish_v5_callback_set(handle, onPublish)
    mosquitto_subscribe_v5_callback_set(handle, onSubscribe)
    mosquitto_message_v5_callback_set(handle, onMessage)
    mosquitto_log_callback_set(handle, onLog)
}

private func client(_ userData: UnsafeMutableRawPointer?) -> MosquittoClient? {
    userData.map { Unmanaged<MosquittoClient>.fromOpaque($0).takeUnretainedValue() }
}

/// Bit 0 of CONNACK's flags.
private let sessionPresentFlag: Int32 = 1

private let onConnect: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32, Int32, OpaquePointer?) -> Void =
    {
        _, userData, code, flags, _ in
        client(userData)?.callback { delegate in
            if code == 0 {
                delegate.accepted(sessionPresent: flags & sessionPresentFlag != 0)
            } else {
                delegate.refused(reasonCode: Int(code))
            }
        }
    }

private let onDisconnect: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32, OpaquePointer?) -> Void = {
    _, userData, code, _ in
    client(userData)?.callback { $0.closed(code: code) }
}

private let onPublish: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32, Int32, OpaquePointer?) -> Void =
    {
        _, userData, mid, reasonCode, _ in
        client(userData)?.callback { $0.published(mid: mid, reasonCode: Int(reasonCode)) }
    }

private let onSubscribe:
    @convention(c) (
        OpaquePointer?, UnsafeMutableRawPointer?, Int32, Int32, UnsafePointer<Int32>?, OpaquePointer?
    ) -> Void = { _, userData, mid, count, granted, _ in
        let reasonCode = count > 0 ? granted.map { Int($0.pointee) } ?? 0 : 0
        client(userData)?.callback { $0.subscribed(mid: mid, reasonCode: reasonCode) }
    }

private let onLog: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?) -> Void = {
    _, userData, level, line in
    guard level == MOSQ_LOG_ERR, let line else { return }
    client(userData)?.complaint = String(cString: line)
}

private let onMessage:
    @convention(c) (
        OpaquePointer?, UnsafeMutableRawPointer?, UnsafePointer<mosquitto_message>?, OpaquePointer?
    ) -> Void = { _, userData, message, properties in
        guard let message else { return }
        client(userData)?.received(message.pointee, properties: properties)
    }

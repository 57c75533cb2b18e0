import CMosquitto
import Glibc

/// A list of MQTT 5 properties to send, freed with the value.
final class MosquittoProperties {
    private(set) var list: OpaquePointer?

    deinit { mosquitto_property_free_all(&list) }

    /// Somebody else frees the list from now on.
    func surrender() { list = nil }

    func add(_ identifier: mqtt5_property, uint32 value: UInt32) {
        mosquitto_property_add_int32(&list, Int32(bitPattern: identifier.rawValue), value)
    }

    /// The properties of a message or, with a delay, of a will.
    convenience init(of message: BusMessage, willDelaySeconds: UInt32? = nil) throws(BusError) {
        self.init()
        if let willDelaySeconds { add(MQTT_PROP_WILL_DELAY_INTERVAL, uint32: willDelaySeconds) }
        if let expiry = message.expirySeconds { add(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, uint32: expiry) }
        for property in message.userProperties {
            let code = mosquitto_property_add_string_pair(
                &list, Int32(bitPattern: MQTT_PROP_USER_PROPERTY.rawValue), property.name, property.value)
            guard code == MOSQ_ERR_SUCCESS.rawValue else { throw .invalid("user property '\(property.name)'") }
        }
        if let topic = message.responseTopic {
            let code = mosquitto_property_add_string(
                &list, Int32(bitPattern: MQTT_PROP_RESPONSE_TOPIC.rawValue), topic)
            guard code == MOSQ_ERR_SUCCESS.rawValue else { throw .invalid("response topic '\(topic)'") }
        }
        if let data = message.correlationData {
            guard data.count <= UInt16.max else { throw .invalid("correlation data of \(data.count) bytes") }
            mosquitto_property_add_binary(
                &list, Int32(bitPattern: MQTT_PROP_CORRELATION_DATA.rawValue), data, UInt16(data.count))
        }
    }

    /// Copies the properties that a received message carries.
    static func read(_ list: OpaquePointer?, into message: inout BusMessage) {
        var property = list
        while let current = property {
            let identifier = mosquitto_property_identifier(current)
            switch UInt32(bitPattern: identifier) {
            case MQTT_PROP_MESSAGE_EXPIRY_INTERVAL.rawValue:
                var seconds: UInt32 = 0
                mosquitto_property_read_int32(current, identifier, &seconds, false)
                message.expirySeconds = seconds
            case MQTT_PROP_USER_PROPERTY.rawValue:
                var name: UnsafeMutablePointer<CChar>?
                var value: UnsafeMutablePointer<CChar>?
                mosquitto_property_read_string_pair(current, identifier, &name, &value, false)
                message.userProperties.append(.init(take(name), take(value)))
            case MQTT_PROP_RESPONSE_TOPIC.rawValue:
                var topic: UnsafeMutablePointer<CChar>?
                mosquitto_property_read_string(current, identifier, &topic, false)
                message.responseTopic = take(topic)
            case MQTT_PROP_CORRELATION_DATA.rawValue:
                var bytes: UnsafeMutableRawPointer?
                var count: UInt16 = 0
                mosquitto_property_read_binary(current, identifier, &bytes, &count, false)
                message.correlationData = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                free(bytes)
            default: break
            }
            property = mosquitto_property_next(current)
        }
    }

    private static func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
        defer { free(text) }
        return text.map { String(cString: $0) } ?? ""
    }
}

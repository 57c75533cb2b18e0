import CSystemd
import FleetRuntime
import Glibc

/// A connection to a message bus (sd-bus(3)), for one thread.
final class SystemBus {
    struct Signal {
        var sender: String
        var interface: String
        var member: String
        /// Its first argument, if that is a truth value.
        var flag: Bool?
    }

    /// No answer of logind takes longer.
    private static let patience: UInt64 = 5_000_000

    private let bus: OpaquePointer

    /// - Parameter address: nil for the system's, which `DBUS_SYSTEM_BUS_ADDRESS` may name.
    init(address: String?) throws(SystemBusError) {
        var bus: OpaquePointer?
        var code: Int32
        if let address {
            code = sd_bus_new(&bus)
            if code >= 0 { code = sd_bus_set_address(bus, address) }
            if code >= 0 { code = sd_bus_set_bus_client(bus, 1) }
            if code >= 0 { code = sd_bus_start(bus) }
        } else {
            code = sd_bus_open_system(&bus)
        }
        guard code >= 0, let bus else {
            sd_bus_unref(bus)
            throw SystemBusError("connect to the system's message bus", code)
        }
        self.bus = bus
    }

    deinit { sd_bus_close_unref(bus) }

    func match(_ rule: String) throws(SystemBusError) {
        let reply = try call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", rule)
        sd_bus_message_unref(reply)
    }

    /// The unique name of the connection that has a well-known one.
    func owner(of name: String) throws(SystemBusError) -> String {
        let reply = try call(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner", name)
        defer { sd_bus_message_unref(reply) }
        var owner: UnsafePointer<CChar>?
        let code = sd_bus_message_read_basic(reply, CChar(UInt8(ascii: "s")), &owner)
        guard code > 0, let owner else { throw SystemBusError("ask who \(name) is", code) }
        return String(cString: owner)
    }

    /// Whether somebody has a well-known name.
    func hasOwner(_ name: String) throws(SystemBusError) -> Bool {
        let reply = try call(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", name)
        defer { sd_bus_message_unref(reply) }
        var flag: Int32 = 0
        let code = sd_bus_message_read_basic(reply, CChar(UInt8(ascii: "b")), &flag)
        guard code > 0 else { throw SystemBusError("ask whether there is \(name)", code) }
        return flag != 0
    }

    /// - Returns: of the type that D-Bus has for the value's width, 32 or 64 bits.
    func unsignedProperty<Value: FixedWidthInteger & UnsignedInteger>(
        _ name: String, of interface: String, at path: String, from destination: String
    ) throws(SystemBusError) -> Value {
        var error = sd_bus_error()
        defer { sd_bus_error_free(&error) }
        var value: Value = 0
        let type = UInt8(ascii: Value.bitWidth == 32 ? "u" : "t")
        let code = sd_bus_get_property_trivial(
            bus, destination, path, interface, name, &error, CChar(type), &value)
        guard code >= 0 else { throw SystemBusError("read \(name) of \(destination)", code, error) }
        return value
    }

    /// Calls a method that answers with a file descriptor.
    /// - Returns: the caller's own.
    func descriptor(
        from destination: String, at path: String, _ interface: String, _ method: String, _ arguments: String...
    ) throws(SystemBusError) -> Int32 {
        let reply = try call(destination, path, interface, method, arguments)
        defer { sd_bus_message_unref(reply) }
        var borrowed: Int32 = -1
        let code = sd_bus_message_read_basic(reply, CChar(UInt8(ascii: "h")), &borrowed)
        guard code > 0 else { throw SystemBusError("call \(method) of \(destination)", code) }
        let own = fcntl(borrowed, F_DUPFD_CLOEXEC, 3)
        guard own >= 0 else { throw SystemBusError("keep the answer to \(method)", -errno) }
        return own
    }

    /// One member of a structure: a text (or path), or a number.
    struct Field {
        var text = ""
        var number: UInt32 = 0
    }

    /// Calls a method that answers with an array of structures.
    /// - Parameter types: of a structure's members, `s`, `o` and `u`.
    func structures(
        from destination: String, at path: String, _ interface: String, _ method: String, of types: String
    ) throws(SystemBusError) -> [[Field]] {
        let reply = try call(destination, path, interface, method)
        defer { sd_bus_message_unref(reply) }
        func check(_ code: Int32) throws(SystemBusError) -> Bool {
            guard code >= 0 else { throw SystemBusError("read the answer to \(method) of \(destination)", code) }
            return code > 0
        }
        guard try check(sd_bus_message_enter_container(reply, CChar(UInt8(ascii: "a")), "(\(types))")) else {
            return []
        }
        var structures: [[Field]] = []
        while try check(sd_bus_message_enter_container(reply, CChar(UInt8(ascii: "r")), types)) {
            var fields: [Field] = []
            for type in types.utf8 {
                var field = Field()
                if type == UInt8(ascii: "u") {
                    _ = try check(sd_bus_message_read_basic(reply, CChar(type), &field.number))
                } else {
                    var text: UnsafePointer<CChar>?
                    _ = try check(sd_bus_message_read_basic(reply, CChar(type), &text))
                    field.text = text.map { String(cString: $0) } ?? ""
                }
                fields.append(field)
            }
            _ = try check(sd_bus_message_exit_container(reply))
            structures.append(fields)
        }
        return structures
    }

    /// Blocks until a signal has come, or `wakeup` rings.
    func nextSignal(_ wakeup: Wakeup) throws(SystemBusError) -> Signal? {
        while true {
            var message: OpaquePointer?
            let code = sd_bus_process(bus, &message)
            guard code >= 0 else { throw SystemBusError("follow the message bus", code) }
            defer { sd_bus_message_unref(message) }
            if let message {
                if sd_bus_message_is_signal(message, nil, nil) > 0 { return signal(message) }
            } else if code == 0 {
                let (socket, interest) = (sd_bus_get_fd(bus), sd_bus_get_events(bus))
                guard socket >= 0, interest >= 0 else { throw SystemBusError("wait for the message bus", socket) }
                if wakeup.wait(beside: socket, for: Int16(interest), limit: .seconds(3600)) == 0 { return nil }
            }
        }
    }

    private func signal(_ message: OpaquePointer) -> Signal {
        var flag: Int32 = 0
        let hasFlag = sd_bus_message_read_basic(message, CChar(UInt8(ascii: "b")), &flag) > 0
        func text(_ part: UnsafePointer<CChar>?) -> String { part.map { String(cString: $0) } ?? "" }
        return Signal(
            sender: text(sd_bus_message_get_sender(message)), interface: text(sd_bus_message_get_interface(message)),
            member: text(sd_bus_message_get_member(message)), flag: hasFlag ? flag != 0 : nil)
    }

    private func call(
        _ destination: String, _ path: String, _ interface: String, _ method: String, _ arguments: String...
    ) throws(SystemBusError) -> OpaquePointer {
        try call(destination, path, interface, method, arguments)
    }

    /// - Returns: the answer, the caller's own.
    private func call(
        _ destination: String, _ path: String, _ interface: String, _ method: String, _ arguments: [String]
    ) throws(SystemBusError) -> OpaquePointer {
        let operation = "call \(method) of \(destination)"
        var message: OpaquePointer?
        var code = sd_bus_message_new_method_call(bus, &message, destination, path, interface, method)
        defer { sd_bus_message_unref(message) }
        for argument in arguments where code >= 0 {
            code = sd_bus_message_append_basic(message, CChar(UInt8(ascii: "s")), argument)
        }
        guard code >= 0 else { throw SystemBusError(operation, code) }
        var error = sd_bus_error()
        defer { sd_bus_error_free(&error) }
        var reply: OpaquePointer?
        code = sd_bus_call(bus, message, Self.patience, &error, &reply)
        guard code >= 0, let reply else { throw SystemBusError(operation, code, error) }
        return reply
    }
}

import CSystemd

extension PrivateMessageBus {
    /// A connection to a bus, for one thread; the caller's own.
    /// - Parameter name: under which the others find it.
    static func connect(to address: String, as name: String?) throws -> OpaquePointer {
        var bus: OpaquePointer?
        var code = sd_bus_new(&bus)
        if code >= 0 { code = sd_bus_set_address(bus, address) }
        if code >= 0 { code = sd_bus_set_bus_client(bus, 1) }
        if code >= 0 { code = sd_bus_start(bus) }
        if code >= 0, let name { code = sd_bus_request_name(bus, name, 0) }
        guard code >= 0, let bus else {
            sd_bus_unref(bus)
            throw FakeLogin.Failure(code: code)
        }
        return bus
    }
}

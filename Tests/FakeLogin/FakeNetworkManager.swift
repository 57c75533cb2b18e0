import CSystemd
import FleetRuntime
import Synchronization

/// A NetworkManager that a test plays: it says whether the connection is metered.
public final class FakeNetworkManager: Sendable {
    private struct State {
        var metered: UInt32
        var isClosed = false
    }

    private let state: Mutex<State>
    private let wakeup = Wakeup()
    private let ended = Mailbox<Void>(capacity: 1)

    /// Returns when the bus knows it.
    /// - Parameter metered: its property, of NMMetered.
    public init(on address: String, metered: UInt32) throws {
        state = Mutex(State(metered: metered))
        let server = NetworkServer(
            bus: try PrivateMessageBus.connect(to: address, as: "org.freedesktop.NetworkManager"))
        NamedThread.start("fake-network") { [self] in
            while !state.withLock(\.isClosed), server.serve(wakeup, metered: { state.withLock(\.metered) }) {}
            server.close()
            ended.send(())
        }
    }

    public func setMetered(_ value: UInt32) { state.withLock { $0.metered = value } }

    public func stop() async {
        state.withLock { $0.isClosed = true }
        wakeup.signal()
        _ = await ended.next()
    }
}

/// The bus's side of it, for its thread.
private struct NetworkServer: @unchecked Sendable {
    let bus: OpaquePointer

    func close() { sd_bus_flush_close_unref(bus) }

    /// Answers one call, or waits for one until `wakeup` rings.
    /// - Returns: false when the bus has gone.
    func serve(_ wakeup: Wakeup, metered: () -> UInt32) -> Bool {
        var message: OpaquePointer?
        let code = sd_bus_process(bus, &message)
        guard code >= 0 else { return false }
        defer { sd_bus_message_unref(message) }
        if let message {
            if isQuestion(message) { answer(message, metered()) }
        } else if code == 0 {
            _ = wakeup.wait(beside: sd_bus_get_fd(bus), for: Int16(sd_bus_get_events(bus)), limit: .seconds(3600))
        }
        return true
    }

    /// Whether it asks for the property that there is.
    private func isQuestion(_ call: OpaquePointer) -> Bool {
        guard sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get") > 0,
            String(cString: sd_bus_message_get_path(call)) == "/org/freedesktop/NetworkManager"
        else { return false }
        var words: [String] = []
        for _ in 0..<2 {
            var text: UnsafePointer<CChar>?
            guard sd_bus_message_read_basic(call, CChar(UInt8(ascii: "s")), &text) > 0, let text else { return false }
            words.append(String(cString: text))
        }
        return words == ["org.freedesktop.NetworkManager", "Metered"]
    }

    private func answer(_ call: OpaquePointer, _ metered: UInt32) {
        var reply: OpaquePointer?
        defer { sd_bus_message_unref(reply) }
        var value = metered
        sd_bus_message_new_method_return(call, &reply)
        sd_bus_message_open_container(reply, CChar(UInt8(ascii: "v")), "u")
        sd_bus_message_append_basic(reply, CChar(UInt8(ascii: "u")), &value)
        sd_bus_message_close_container(reply)
        sd_bus_send(bus, reply, nil)
    }
}

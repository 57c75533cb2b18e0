import CSystemd
import FleetRuntime
import Glibc

/// The bus's side of a `FakeLogin`, for its thread.
final class LoginServer: @unchecked Sendable {
    enum Grant {
        case granted(Int32)
        case refused(String)
    }

    private let bus: OpaquePointer

    /// A connection to the bus, under logind's name unless it is nobody's.
    init(address: String, name: String? = "org.freedesktop.login1") throws {
        bus = try PrivateMessageBus.connect(to: address, as: name)
    }

    func close() { sd_bus_flush_close_unref(bus) }

    /// - Parameter destination: one connection; all that have asked for it when nil.
    func announce(_ signal: String, _ begins: Bool, to destination: String? = nil) {
        var message: OpaquePointer?
        sd_bus_message_new_signal(
            bus, &message, "/org/freedesktop/login1", "org.freedesktop.login1.Manager", signal)
        defer { sd_bus_message_unref(message) }
        var flag: Int32 = begins ? 1 : 0
        sd_bus_message_append_basic(message, CChar(UInt8(ascii: "b")), &flag)
        sd_bus_send_to(bus, message, destination, nil)
    }

    /// Answers one call, or waits for one until `wakeup` rings.
    /// - Returns: false when the bus has gone.
    func serve(
        _ wakeup: Wakeup, answers: () -> FakeLogin.Answers, lock: (_ what: String, _ holder: String) -> Grant
    ) -> Bool {
        var message: OpaquePointer?
        let code = sd_bus_process(bus, &message)
        guard code >= 0 else { return false }
        defer { sd_bus_message_unref(message) }
        if let message {
            answer(message, answers, lock)
        } else if code == 0 {
            _ = wakeup.wait(beside: sd_bus_get_fd(bus), for: Int16(sd_bus_get_events(bus)), limit: .seconds(3600))
        }
        return true
    }

    private func answer(
        _ call: OpaquePointer, _ answers: () -> FakeLogin.Answers, _ lock: (String, String) -> Grant
    ) {
        var reply: OpaquePointer?
        defer { sd_bus_message_unref(reply) }
        if sd_bus_message_is_method_call(call, "org.freedesktop.login1.Manager", "Inhibit") > 0 {
            let sender = sd_bus_message_get_sender(call).map { String(cString: $0) } ?? ""
            switch lock(text(call), sender) {
            case .refused(let reason):
                var error = sd_bus_error()
                sd_bus_error_set(&error, "org.freedesktop.login1.OperationInProgress", reason)
                sd_bus_message_new_method_error(call, &reply, &error)
                sd_bus_error_free(&error)
            case .granted(var descriptor):
                sd_bus_message_new_method_return(call, &reply)
                sd_bus_message_append_basic(reply, CChar(UInt8(ascii: "h")), &descriptor)
                Glibc.close(descriptor)
            }
        } else if sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get") > 0 {
            var microseconds = UInt64(answers().delay.seconds * 1_000_000)
            sd_bus_message_new_method_return(call, &reply)
            sd_bus_message_open_container(reply, CChar(UInt8(ascii: "v")), "t")
            sd_bus_message_append_basic(reply, CChar(UInt8(ascii: "t")), &microseconds)
            sd_bus_message_close_container(reply)
        } else if sd_bus_message_is_method_call(call, "org.freedesktop.login1.Manager", "ListInhibitors") > 0 {
            sd_bus_message_new_method_return(call, &reply)
            append(
                answers().inhibitors.map {
                    [.text($0.what), .text($0.who), .text("a reason"), .text($0.mode), .number(1000), .number($0.pid)]
                }, of: "ssssuu", to: reply)
        } else if sd_bus_message_is_method_call(call, "org.freedesktop.login1.Manager", "ListSessions") > 0 {
            sd_bus_message_new_method_return(call, &reply)
            append(
                answers().sessions.map {
                    [.text("1"), .number($0.uid), .text($0.name), .text($0.seat), .text("/session/1")]
                }, of: "susso", to: reply)
        } else {
            return
        }
        sd_bus_send(bus, reply, nil)
    }

    private enum Field {
        case text(String)
        case number(UInt32)
    }

    private func append(_ structures: [[Field]], of types: String, to reply: OpaquePointer?) {
        sd_bus_message_open_container(reply, CChar(UInt8(ascii: "a")), "(\(types))")
        for fields in structures {
            sd_bus_message_open_container(reply, CChar(UInt8(ascii: "r")), types)
            for (type, field) in zip(types.utf8, fields) {
                switch field {
                case .text(let text): sd_bus_message_append_basic(reply, CChar(type), text)
                case .number(var number): sd_bus_message_append_basic(reply, CChar(type), &number)
                }
            }
            sd_bus_message_close_container(reply)
        }
        sd_bus_message_close_container(reply)
    }

    private func text(_ message: OpaquePointer) -> String {
        var text: UnsafePointer<CChar>?
        guard sd_bus_message_read_basic(message, CChar(UInt8(ascii: "s")), &text) > 0, let text else { return "" }
        return String(cString: text)
    }
}

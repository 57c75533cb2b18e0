import CSystemd
import Glibc

/// What failed on the message bus, in its own words where it has some.
struct SystemBusError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ operation: String, _ reason: String) { description = "cannot \(operation): \(reason)" }

    /// - Parameters:
    ///   - code: of sd-bus, a negative errno(3).
    ///   - error: what the other side answered.
    init(_ operation: String, _ code: Int32, _ error: sd_bus_error = sd_bus_error()) {
        self.init(operation, error.message.map { String(cString: $0) } ?? String(cString: strerror(-code)))
    }
}

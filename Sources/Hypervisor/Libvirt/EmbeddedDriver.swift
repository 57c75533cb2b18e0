import CLibvirt
import Synchronization

/// The one connection to the QEMU driver inside this process. libvirt registers the driver anew at every
/// `virConnectOpen` of it and takes about twenty registrations in a process's life, so it is opened once and shared.
enum EmbeddedDriver {
    private struct Connection: @unchecked Sendable {
        var uri: String
        var pointer: OpaquePointer
    }

    private static let connection = Mutex<Connection?>(nil)

    static func isMeant(by uri: String) -> Bool { uri.hasPrefix("qemu:///embed") }

    /// - Returns: a reference of the caller's own, to be closed by it; nil with libvirt's last error set.
    static func open(_ uri: String) -> OpaquePointer? {
        connection.withLock { connection in
            if connection?.uri != uri { connection = virConnectOpen(uri).map { Connection(uri: uri, pointer: $0) } }
            guard let pointer = connection?.pointer, virConnectRef(pointer) == 0 else { return nil }
            return pointer
        }
    }
}

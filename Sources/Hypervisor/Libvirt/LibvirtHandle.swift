import CLibvirt

/// The one owner of a `virConnectPtr`; closes it when the last reference goes.
final class LibvirtHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    private var callbacks: [Int32] = []
    private var watchesClosing = false

    init(uri: String, readOnly: Bool) throws(HypervisorError) {
        LibvirtEventLoop.start()
        guard let pointer = Self.open(uri, readOnly: readOnly) else {
            var error = HypervisorError.lastLibvirtError("connect to", uri)
            error.code = .disconnected
            throw error
        }
        self.pointer = pointer
        // A daemon that is silent for 15 s is lost. Drivers inside this process have no keep-alive and need none.
        virConnectSetKeepAlive(pointer, 5, 3)
    }

    private static func open(_ uri: String, readOnly: Bool) -> OpaquePointer? {
        if EmbeddedDriver.isMeant(by: uri) { return EmbeddedDriver.open(uri) }
        return readOnly ? virConnectOpenReadOnly(uri) : virConnectOpen(uri)
    }

    deinit {
        // Each registration holds a reference to the connection.
        for callback in callbacks { virConnectDomainEventDeregisterAny(pointer, callback) }
        if watchesClosing { virConnectUnregisterCloseCallback(pointer, closeThunk) }
        virConnectClose(pointer)
    }

    /// False once the connection to the daemon is broken. Asks nobody.
    var isAlive: Bool { virConnectIsAlive(pointer) == 1 }

    /// Hands the domains' events and the connection's end to the relay. Called once, before the handle is shared.
    func register(_ relay: LibvirtEventRelay) throws(HypervisorError) {
        for (event, thunk) in LibvirtEventThunks.all {
            let retained = Unmanaged.passRetained(relay).toOpaque()
            let callback = virConnectDomainEventRegisterAny(
                pointer, nil, Int32(event.rawValue), thunk, retained, releaseRelay)
            guard callback >= 0 else {
                releaseRelay(retained)
                throw .lastLibvirtError("register for event \(event.rawValue) of", "the connection")
            }
            callbacks.append(callback)
        }
        let retained = Unmanaged.passRetained(relay).toOpaque()
        guard virConnectRegisterCloseCallback(pointer, closeThunk, retained, releaseRelay) == 0 else {
            releaseRelay(retained)
            throw .lastLibvirtError("watch", "the connection")
        }
        watchesClosing = true
    }
}

private let releaseRelay: virFreeCallback = { pointer in
    if let pointer { Unmanaged<LibvirtEventRelay>.fromOpaque(pointer).release() }
}

private let closeThunk: virConnectCloseFunc = { _, reason, opaque in
    guard let relay = LibvirtEventRelay.from(opaque) else { return }
    switch virConnectCloseReason(UInt32(bitPattern: reason)) {
    case VIR_CONNECT_CLOSE_REASON_EOF: relay.connectionLost("libvirt closed the connection")
    case VIR_CONNECT_CLOSE_REASON_KEEPALIVE: relay.connectionLost("libvirt did not answer for 15 s")
    default: relay.connectionLost("the connection to libvirt broke")
    }
}

import CLibvirt
import FleetModel
import FleetRuntime
import FoundationEssentials
import Glibc

/// One connection to libvirt and the thread its calls block. Opened at the first call, and again after it broke.
actor LibvirtConnection {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    let uri: String
    private let readOnly: Bool
    private var current: LibvirtHandle?

    /// - Parameter name: the name of the thread.
    init(uri: String, readOnly: Bool = false, name: String) {
        executor = ThreadExecutor(name: name)
        self.uri = uri
        self.readOnly = readOnly
    }

    /// Opens the connection anew, with its events going to the relay, and lists the domains.
    func connect(_ relay: LibvirtEventRelay) throws(HypervisorError) -> [Domain] {
        current = nil
        let handle = try LibvirtHandle(uri: uri, readOnly: readOnly)
        try handle.register(relay)
        current = handle
        return try domains()
    }

    func close() { current = nil }

    func handle() throws(HypervisorError) -> LibvirtHandle {
        if let current, current.isAlive { return current }
        current = nil
        let handle = try LibvirtHandle(uri: uri, readOnly: readOnly)
        current = handle
        return handle
    }

    /// Looks a domain up and frees it afterwards.
    func withDomain<Result>(
        _ id: VMID, _ operation: String, _ body: (OpaquePointer) throws(HypervisorError) -> Result
    ) throws(HypervisorError) -> Result {
        let handle = try handle()
        guard let domain = virDomainLookupByUUIDString(handle.pointer, id.description) else {
            throw .lastLibvirtError(operation, id.description)
        }
        defer { virDomainFree(domain) }
        return try body(domain)
    }

    /// A call that answers 0 when it has done what it is for.
    func act(
        on id: VMID, _ operation: String, _ call: (OpaquePointer) -> Int32
    ) throws(HypervisorError) {
        try withDomain(id, operation) { domain throws(HypervisorError) in
            guard call(domain) == 0 else { throw .lastLibvirtError(operation, libvirtName(of: domain)) }
        }
    }
}

/// The UUID of a `virDomainPtr`.
func libvirtID(of domain: OpaquePointer) -> VMID? {
    var bytes = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).uuid
    let code = withUnsafeMutableBytes(of: &bytes) {
        virDomainGetUUID(domain, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    return code == 0 ? VMID(UUID(uuid: bytes)) : nil
}

/// The name of a `virDomainPtr`.
func libvirtName(of domain: OpaquePointer) -> String {
    virDomainGetName(domain).map { String(cString: $0) } ?? ""
}

/// Takes over a string that libvirt allocated.
func libvirtText(_ pointer: UnsafeMutablePointer<CChar>) -> String {
    defer { free(pointer) }
    return String(cString: pointer)
}

import CLibvirt
import Glibc

extension LibvirtConnection {
    func information() throws(HypervisorError) -> HypervisorInformation {
        let handle = try handle()
        var library: UInt = 0
        var hypervisor: UInt = 0
        guard virConnectGetLibVersion(handle.pointer, &library) == 0,
            virConnectGetVersion(handle.pointer, &hypervisor) == 0,
            let uri = virConnectGetURI(handle.pointer), let hostname = virConnectGetHostname(handle.pointer)
        else { throw .lastLibvirtError("ask for the versions of", uri) }
        return HypervisorInformation(
            uri: libvirtText(uri), libvirtVersion: Self.version(library), hypervisorVersion: Self.version(hypervisor),
            hostname: libvirtText(hostname))
    }

    /// Empty where there is no storage driver, as in `qemu:///embed`.
    func storagePools() throws(HypervisorError) -> [StoragePool] {
        let handle = try handle()
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = virConnectListAllStoragePools(handle.pointer, &list, 0)
        guard count >= 0, let list else {
            let error = HypervisorError.lastLibvirtError("list the storage pools of", uri)
            if error.code == .unsupported { return [] }
            throw error
        }
        defer {
            for index in 0..<Int(count) { virStoragePoolFree(list[index]) }
            free(list)
        }
        return (0..<Int(count)).compactMap { index in list[index].flatMap(Self.describe) }
    }

    /// Empty where there is no network driver, as in `qemu:///embed`.
    func networks() throws(HypervisorError) -> [String] {
        let handle = try handle()
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = virConnectListAllNetworks(handle.pointer, &list, VIR_CONNECT_LIST_NETWORKS_ACTIVE.rawValue)
        guard count >= 0, let list else {
            let error = HypervisorError.lastLibvirtError("list the networks of", uri)
            if error.code == .unsupported { return [] }
            throw error
        }
        defer {
            for index in 0..<Int(count) { virNetworkFree(list[index]) }
            free(list)
        }
        return (0..<Int(count)).compactMap { list[$0].flatMap(virNetworkGetName).map { String(cString: $0) } }.sorted()
    }

    /// Nil for a pool that went since it was listed.
    private static func describe(_ pool: OpaquePointer) -> StoragePool? {
        var information = virStoragePoolInfo()
        guard let name = virStoragePoolGetName(pool), virStoragePoolGetInfo(pool, &information) == 0 else { return nil }
        let xml = virStoragePoolGetXMLDesc(pool, 0).map(libvirtText)
        return StoragePool(
            name: String(cString: name), active: information.state == VIR_STORAGE_POOL_RUNNING.rawValue,
            capacityBytes: information.capacity, availableBytes: information.available,
            path: xml.flatMap { try? StoragePoolDefinition(xml: $0).path })
    }

    /// libvirt writes 9.0.0 as 9 * 1,000,000 + 0 * 1,000 + 0.
    private static func version(_ number: UInt) -> String {
        "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}

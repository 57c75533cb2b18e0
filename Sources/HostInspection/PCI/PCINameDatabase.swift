import CPCIShims
import Glibc

/// The names of vendors and devices from the tree's own PCI ID database, read by libpci. It asks neither the network
/// nor a cache nor udev, and opens nothing but the descriptor that it is given.
final class PCINameDatabase {
    private static let paths = [
        "/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids", "/usr/share/misc/pci.ids.gz",
    ]
    /// Of a real one, ten times.
    private static let largestFile: off_t = 16 << 20

    private let names: OpaquePointer
    private var buffer = [CChar](repeating: 0, count: 1024)

    /// Nil when the tree has no database.
    init?(_ root: HostRoot) {
        let read = Self.paths.firstResult { path in
            root.withFile(path, O_RDONLY | O_NONBLOCK | O_NOCTTY) { descriptor -> OpaquePointer? in
                var status = stat()
                guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                    status.st_size <= Self.largestFile
                else { return nil }
                return vf_pci_names_read("/proc/self/fd/\(descriptor)")
            }
        }
        guard let read else { return nil }
        names = read
    }

    deinit { vf_pci_names_free(names) }

    func vendor(_ vendor: String?) -> String? {
        guard let vendor = vendor.flatMap({ UInt16($0, radix: 16) }) else { return nil }
        return vf_pci_vendor_name(names, vendor, &buffer, buffer.count).map { String(cString: $0) }
    }

    func device(_ vendor: String?, _ device: String?) -> String? {
        guard let vendor = vendor.flatMap({ UInt16($0, radix: 16) }),
            let device = device.flatMap({ UInt16($0, radix: 16) })
        else { return nil }
        return vf_pci_device_name(names, vendor, device, &buffer, buffer.count).map { String(cString: $0) }
    }
}

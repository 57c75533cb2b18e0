import CPCIShims

/// The names of vendors and devices from the tree's own PCI ID database, read by libpci. It asks neither the network
/// nor a cache nor udev. It gets the lines about the devices at hand: to take in all forty thousand costs it
/// milliseconds.
final class PCINameDatabase {
    /// Four lowercase hexadecimal digits each.
    typealias DeviceID = (vendor: String, device: String)

    private static let paths = [
        "/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids", "/usr/share/misc/pci.ids.gz",
    ]
    /// Of a real one, ten times.
    private static let largestFile = 16 << 20

    private let names: OpaquePointer
    private var buffer = [CChar](repeating: 0, count: 1024)

    /// Nil when the tree has no database.
    init?(_ root: HostRoot, for devices: [DeviceID]) {
        let text = Self.paths.firstResult { path -> [UInt8]? in
            guard let bytes = root.bytes(path, limit: Self.largestFile) else { return nil }
            return path.hasSuffix(".gz") ? Gzip.unpacked(bytes, limit: Self.largestFile) : bytes
        }
        guard let text else { return nil }
        let excerpt = Self.excerpt(of: text, devices)
        guard let names = vf_pci_names_read(excerpt, excerpt.count) else { return nil }
        self.names = names
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

    /// `8086  Intel Corporation`, and behind a tab the devices of that vendor: `1521  I350 ...` (pci.ids(5)).
    private static func excerpt(of text: [UInt8], _ devices: [DeviceID]) -> [UInt8] {
        let wanted = Dictionary(grouping: devices) { word($0.vendor.utf8) }
            .mapValues { Set($0.map { word($0.device.utf8) }) }
        var excerpt: [UInt8] = []
        var ofVendor: Set<UInt32>?
        text.forEachLine { line in
            let isDevice = line.first == UInt8(ascii: "\t")
            if isDevice {
                guard let ofVendor, ofVendor.contains(word(line.dropFirst().prefix(4))) else { return }
            } else {
                ofVendor = wanted[word(line.prefix(4))]
                guard ofVendor != nil else { return }
            }
            excerpt += line
            excerpt.append(UInt8(ascii: "\n"))
        }
        return excerpt
    }

    /// Its bytes, to compare.
    private static func word(_ digits: some Collection<UInt8>) -> UInt32 { digits.reduce(0) { $0 << 8 | UInt32($1) } }
}

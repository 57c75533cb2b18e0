import CPCIShims

/// The names of vendors and devices from the tree's own PCI ID database, read by libpci. It asks neither the network
/// nor a cache nor udev. It gets the lines about the devices at hand: to take in all forty thousand costs it
/// milliseconds.
final class PCINameDatabase {
    /// Four lowercase hexadecimal digits each.
    typealias DeviceID = (vendor: String, device: String)

    private static let plainPaths = ["/usr/share/hwdata/pci.ids", "/usr/share/misc/pci.ids"]
    private static let packedPath = "/usr/share/misc/pci.ids.gz"
    /// Of a real one, ten times.
    private static let largestFile = 16 << 20

    private let names: OpaquePointer
    private var buffer = [CChar](repeating: 0, count: 1024)

    /// Nil when the tree has no database.
    init?(_ root: HostRoot, for devices: [DeviceID]) {
        var excerpt = Excerpt(of: devices)
        if !Self.plainPaths.contains(where: { root.forEachLine(of: $0) { excerpt.take($0) } }) {
            guard let packed = root.bytes(Self.packedPath, limit: Self.largestFile),
                let text = Gzip.unpacked(packed, limit: Self.largestFile)
            else { return nil }
            text.withUnsafeBufferPointer { $0.forEachLine { excerpt.take($0) } }
        }
        guard let names = vf_pci_names_read(excerpt.text, excerpt.text.count) else { return nil }
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

    /// The lines of a database that are about some devices: `8086  Intel Corporation`, and behind a tab those of that
    /// vendor, `1521  I350 ...` (pci.ids(5)).
    private struct Excerpt {
        private(set) var text: [UInt8] = []
        private let wanted: [UInt32: Set<UInt32>]
        private var ofVendor: Set<UInt32>?

        init(of devices: [DeviceID]) {
            wanted = Dictionary(grouping: devices) { Self.word($0.vendor.utf8) }
                .mapValues { Set($0.map { Self.word($0.device.utf8) }) }
        }

        mutating func take(_ line: UnsafeBufferPointer<UInt8>) {
            if line.first == UInt8(ascii: "\t") {
                guard let ofVendor, ofVendor.contains(Self.word(line.dropFirst().prefix(4))) else { return }
            } else {
                ofVendor = wanted[Self.word(line.prefix(4))]
                guard ofVendor != nil else { return }
            }
            text += line
            text.append(UInt8(ascii: "\n"))
        }

        /// Its bytes, to compare.
        private static func word(_ digits: some Collection<UInt8>) -> UInt32 {
            digits.reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}

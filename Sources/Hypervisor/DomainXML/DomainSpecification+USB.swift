import FleetModel
import FleetRuntime

/// USB devices of the host, by vendor and product: where they are plugged in may change with every replugging.
extension USBDeviceID {
    /// A mark of virtfleet's, by which a definition's devices are told from those that somebody else gave to the VM.
    private static let alias = "ua-usb-virtfleet-"

    /// `<hostdev>`.
    /// - Parameter isOptional: a device that is not plugged in keeps no VM from starting.
    func write(to writer: inout XMLWriter, isOptional: Bool = true) {
        writer.element("hostdev", ["mode": "subsystem", "type": "usb", "managed": "yes"]) { writer in
            writer.element("source", ["startupPolicy": isOptional ? "optional" : nil]) { writer in
                writer.element("vendor", ["id": "0x\(vendor)"])
                writer.element("product", ["id": "0x\(product)"])
            }
            writer.element("alias", ["name": "\(Self.alias)\(vendor)-\(product)"])
        }
    }

    /// As `virDomainAttachDeviceFlags` wants it: libvirt would hand over nothing in place of an optional device that is not there.
    public func xml() -> String {
        var writer = XMLWriter()
        write(to: &writer, isOptional: false)
        return writer.text
    }

    static func isOwn(_ device: XMLElement) -> Bool {
        device.first("alias")?.attribute("name")?.hasPrefix(alias) == true
    }
}

extension DomainDefinition {
    /// A USB device of the host that the domain has.
    public struct USBDevice: Equatable, Sendable {
        public var id: USBDeviceID
        /// Where it was plugged in when the domain got it, in the kernel's numbers; absent in a persistent definition.
        public var bus: Int?
        public var device: Int?

        public init(id: USBDeviceID, bus: Int? = nil, device: Int? = nil) {
            self.id = id
            self.bus = bus
            self.device = device
        }

        init?(_ element: XMLElement) {
            guard element.name == "hostdev", element.attribute("type") == "usb", let source = element.first("source"),
                let vendor = source.first("vendor")?.attribute("id"),
                let product = source.first("product")?.attribute("id"),
                let id = USBDeviceID("\(vendor.dropFirst(2)):\(product.dropFirst(2))".lowercased())
            else { return nil }
            let address = source.first("address")
            self.init(
                id: id, bus: address?.attribute("bus").flatMap { Int($0) },
                device: address?.attribute("device").flatMap { Int($0) })
        }
    }
}

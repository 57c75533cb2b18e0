/// Vendor and product of a USB device, as lsusb shows them: `064f:2af9`.
public struct USBDeviceID: TextIdentifier {
    public static let expectation = "vendor and product such as 064f:2af9"
    public let description: String

    public init?(_ text: String) {
        guard let id = PCIDeviceID(text) else { return nil }
        description = id.description
    }

    public var vendor: String { String(description.prefix(4)) }
    public var product: String { String(description.suffix(4)) }
}

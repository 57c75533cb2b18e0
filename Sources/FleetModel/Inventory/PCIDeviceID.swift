/// Vendor and device of a PCI function: `10de:2504`.
public struct PCIDeviceID: TextIdentifier {
    public static let expectation = "vendor and device such as 10de:2504"
    public let description: String

    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 4 && $0.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) } })
        else { return nil }
        description = text
    }
}

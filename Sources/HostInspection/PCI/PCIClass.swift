import FleetModel

/// Base class and subclass of a PCI function: `0300` (PCI Code and ID Assignment Specification).
public struct PCIClass: TextIdentifier {
    public static let expectation = "four lowercase hexadecimal digits such as 0300"
    public let description: String

    public init?(_ text: String) {
        guard text.utf8.count == 4, text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return nil }
        description = text
    }

    /// `03` of `0300`.
    public var base: Substring { description.prefix(2) }
}

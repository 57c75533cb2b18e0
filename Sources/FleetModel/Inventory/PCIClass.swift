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

    /// Host, ISA, PCI and all other bridges.
    public var isBridge: Bool { base == "06" }
    /// A bridge from PCI to PCI or CardBus: root ports, switch ports, bridges to conventional PCI. Unlike host and ISA
    /// bridges these have a header of their own kind.
    public var isPCIBridge: Bool { ["0604", "0607", "0609"].contains(description) }
    public var isHostBridge: Bool { description == "0600" }
    /// VGA (0300), 3D (0302) and other display controllers.
    public var isDisplay: Bool { base == "03" }
    /// Without an output of its own.
    public var is3DController: Bool { description == "0302" }
    /// Sound, USB and USB-C of a graphics card: one device with the GPU, whatever their groups.
    public var isGPUCompanion: Bool { ["0403", "0c03", "0c80"].contains(description) }
    /// NVMe, SATA, RAID and all other controllers of disks.
    public var isStorage: Bool { base == "01" }
    public var isSMBus: Bool { description == "0c05" }
    /// RAM (0500) and other memory controllers (0580).
    public var isMemoryController: Bool { description == "0500" || description == "0580" }
}

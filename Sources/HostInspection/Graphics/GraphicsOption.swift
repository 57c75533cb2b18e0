import FleetModel

/// A way in which this host can give a VM graphics.
public struct GraphicsOption: Codable, Equatable, Sendable {
    /// In the order of what a guest gets out of it.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// A whole graphics card.
        case passthrough
        /// A virtual function of a card that the host keeps.
        case virtualFunction = "virtual-function"
        /// A share of a card by mediated devices: Intel GVT-g, NVIDIA vGPU.
        case mediated
        /// virtio-gpu that renders on the host's card.
        case virtioVirGL = "virtio-virgl"
        /// virtio-gpu that renders on the processor.
        case virtio
    }

    public var kind: Kind
    /// The card; absent where none is needed.
    public var device: PCIAddress?
    /// It can be had on this machine as it is now.
    public var available: Bool
    /// Why, or why not.
    public var reason: String
    /// What would make it available.
    public var fix: String?
}

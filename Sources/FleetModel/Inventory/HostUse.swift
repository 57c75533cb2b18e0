/// A reason why the host cannot live without a device.
public struct HostUse: Codable, Equatable, Sendable {
    public enum Purpose: String, Codable, Sendable, CaseIterable {
        case rootFileSystem = "root-file-system"
        case boot
        case efiSystemPartition = "efi-system-partition"
        case swap
        /// A storage pool, or the directory of the images.
        case storagePool = "storage-pool"
        case defaultRoute = "default-route"
        case onlyNetworkInterface = "only-network-interface"
        case onlyKeyboard = "only-keyboard"
        /// The management controller's own display.
        case managementController = "management-controller"
        /// Assigned to a VM.
        case vm
    }

    public var purpose: Purpose
    /// What of it, for people: `/ is on /dev/nvme0n1p2`.
    public var detail: String

    public init(purpose: Purpose, detail: String) {
        self.purpose = purpose
        self.detail = detail
    }
}

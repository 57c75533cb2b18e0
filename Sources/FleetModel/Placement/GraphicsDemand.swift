/// What draws a VM's picture.
public enum GraphicsDemand: String, Codable, Sendable, CaseIterable {
    /// The best that its host can offer when it starts: a graphics card, a virtual function or a share of one, or as `virtio`.
    case auto
    /// Nothing, not even on a console.
    case none
    /// A virtual screen where there is a console for it.
    case virtio
    /// The same, with OpenGL by a card that the host keeps.
    case virgl
    /// A graphics card of the host's, beside the virtual screen.
    case passthrough
    /// A virtual function (SR-IOV) of one, likewise.
    case sriov
    /// A share of one that the host keeps (mediated device, vGPU), likewise: of the largest type that is left.
    case mdev

    /// What the host must have for it; nil where a virtual screen is enough.
    public var device: DeviceSelector? {
        switch self {
        case .passthrough: DeviceSelector(role: .gpu)
        case .sriov: DeviceSelector(role: .gpu, virtualFunction: true)
        case .mdev: DeviceSelector(role: .gpu, mdevType: .auto)
        case .auto, .none, .virtio, .virgl: nil
        }
    }
}

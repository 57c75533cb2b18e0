/// How a person sees a VM's screen, through libvirt on its own host: nothing listens on the network
/// (https://libvirt.org/formatdomain.html#graphical-framebuffers).
public enum VMConsole: String, Codable, CaseIterable, Sendable {
    /// No graphics card at all.
    case none
    case vnc
    /// With clipboard, sound and two USB devices to be handed over.
    case spice
}

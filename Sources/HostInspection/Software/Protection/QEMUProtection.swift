/// What confines QEMU on this machine: a mandatory access control that can deny a VM its files, too.
public struct QEMUProtection: Codable, Equatable, Sendable {
    public enum Driver: String, Codable, Sendable, CaseIterable {
        case selinux, apparmor
        case nothing = "none"
    }
    public enum Mode: String, Codable, Sendable { case enforcing, permissive, disabled }

    /// What the kernel runs: absent when that is not known.
    public var driver: Driver?
    public var mode: Mode?
    /// libvirt's own choice, `security_driver` in /etc/libvirt/qemu.conf; absent when it chooses by itself.
    public var configuredDriver: String?
    /// AppArmor's profiles for libvirt are installed.
    public var profiles: Bool?
    /// Whether libvirt confines each VM, as far as all this tells.
    public var confines: Bool?
}

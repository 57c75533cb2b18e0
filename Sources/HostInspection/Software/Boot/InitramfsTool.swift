/// What builds the initramfs, in which vfio must be when a device is taken at boot.
public enum InitramfsTool: String, Codable, Sendable, CaseIterable {
    case initramfsTools = "initramfs-tools"
    case dracut, mkinitcpio, booster
    /// Built with the system from its configuration.
    case nixos

    /// The one that is installed; of several the first here, as others come along as dependencies. dracut has a
    /// command named update-initramfs, too: mkinitramfs is the mark of initramfs-tools.
    init?(_ root: HostRoot) {
        let programs: [(InitramfsTool, [String])] = [
            (.nixos, ["/etc/NIXOS"]),
            (.initramfsTools, ["/usr/sbin/mkinitramfs", "/sbin/mkinitramfs"]),
            (.mkinitcpio, ["/usr/bin/mkinitcpio"]),
            (.booster, ["/usr/bin/booster"]),
            (.dracut, ["/usr/bin/dracut", "/usr/sbin/dracut", "/usr/lib/dracut"]),
            // A tree without programs.
            (.initramfsTools, ["/etc/initramfs-tools/initramfs.conf"]),
            (.mkinitcpio, ["/etc/mkinitcpio.conf"]),
            (.booster, ["/etc/booster.yaml"]),
            (.dracut, ["/etc/dracut.conf", "/etc/dracut.conf.d"]),
        ]
        guard let tool = programs.first(where: { $0.1.contains { root.exists($0) } })?.0 else { return nil }
        self = tool
    }
}

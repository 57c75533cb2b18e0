/// What boot loaders leave on the disk, wherever distributions mount the EFI system partition.
struct BootFiles: Sendable {
    private static let partitions = ["/boot", "/boot/efi", "/efi", "/boot/EFI"]
    private let root: HostRoot

    init(_ root: HostRoot) { self.root = root }

    var hasLoaderEntries: Bool {
        Self.partitions.contains { root.names(in: $0 + "/loader/entries").contains { $0.hasSuffix(".conf") } }
    }

    /// A file is there, though only root may read it.
    var grubConfiguration: String? {
        ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"].first { root.exists($0) }
    }

    var systemdBootConfiguration: String? {
        Self.partitions.map { $0 + "/loader/loader.conf" }.first { root.exists($0) }
    }

    var hasSyslinux: Bool {
        ["/boot/syslinux", "/boot/extlinux"].contains { root.exists($0) }
    }
}

/// How the machine was started, and so where a kernel argument belongs.
public struct Boot: Codable, Equatable, Sendable {
    public enum Firmware: String, Codable, Sendable { case uefi, bios }

    public enum Loader: String, Codable, Sendable, CaseIterable {
        case systemdBoot = "systemd-boot"
        case grub
        case refind
        case limine
        /// The firmware started the kernel itself, or a unified kernel image.
        case efiStub = "efi-stub"
    }

    /// What writes the boot entries in place of the loader's own tools.
    public enum Manager: String, Codable, Sendable, CaseIterable {
        case proxmoxBootTool = "proxmox-boot-tool"
        case ostree
        case nixos
        /// Fedora's and its kin's: boot loader specification entries, changed with `grubby`.
        case grubby
    }

    public var firmware: Firmware?
    /// UEFI Secure Boot is enforced.
    public var secureBoot: Bool?
    /// The loader that started the running kernel, not one that is merely installed.
    public var loader: Loader?
    /// Its own words: `systemd-boot 252.39-1~deb12u1`.
    public var loaderVersion: String?
    /// Kernel, initramfs and arguments are one signed file.
    public var unifiedKernelImage: Bool
    /// There are entries after the Boot Loader Specification, in loader/entries.
    public var loaderEntries: Bool
    public var manager: Manager?
    /// Where a kernel argument is added, and what makes it take effect; absent when that is not known.
    public var kernelArguments: ArgumentPlace?
    /// What told the loader.
    public var evidence: [String]

    public struct ArgumentPlace: Codable, Equatable, Sendable {
        /// `GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub`, absent where a command does it all.
        public var file: String?
        public var command: String
    }
}

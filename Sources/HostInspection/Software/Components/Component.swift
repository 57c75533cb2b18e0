/// The programs and files that VMs need on their host.
public struct Components: Codable, Equatable, Sendable {
    /// One of them, as installed.
    public struct Component: Codable, Equatable, Sendable {
        /// The upstream version where it can be told: `9.0.0`. Absent when only the files are there.
        public var version: String?
        /// What told: a package `libvirt-daemon 9.0.0-4+deb12u2`, or a file.
        public var source: String
    }

    /// Each is absent when it is not installed, as far as the tree shows.
    public var libvirt: Component?
    public var qemu: Component?
    public var ovmf: Component?
    public var swtpm: Component?
    /// The disk image with Windows' virtio drivers.
    public var virtioWin: Component?
    /// Absent of agents that did not look.
    public var helpers: Helpers?

    /// Programs that only some profiles ask for.
    public struct Helpers: Codable, Equatable, Sendable {
        /// Shares a directory with a guest.
        public var virtiofsd: Component?
        /// Makes seed discs.
        public var xorriso: Component?
    }
}

/// How a VM's writes pass the host's page cache (https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms). What
/// the guest has flushed is on the disk with each of them.
public enum DiskCache: String, Codable, CaseIterable, Sendable {
    /// Through the page cache; what QEMU does by itself.
    case writeback
    /// Past it: no memory of the host's is spent on what the guest caches already.
    case none
    /// Each write is flushed.
    case writethrough
    /// Both of the two before.
    case directsync
}

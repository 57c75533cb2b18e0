/// How a VM's system disk is made from its template's image.
public enum SystemDisk: String, Codable, CaseIterable, Sendable {
    /// A reflink where the file system can make one of the image, else an overlay.
    case auto
    /// A copy that shares the image's blocks until they are written (ioctl_ficlonerange(2)); with btrfs and XFS.
    case reflink
    /// A qcow2 file with the image below it.
    case overlay
    /// A whole copy, which has nothing to do with the image any more.
    case copy
}

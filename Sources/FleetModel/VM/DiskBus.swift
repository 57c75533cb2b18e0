/// What a VM's disk hangs on (https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms).
public enum DiskBus: String, Codable, CaseIterable, Sendable {
    /// virtio-scsi
    case scsi
    case virtio, sata
}

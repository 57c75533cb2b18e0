/// Whether snapshots hold a disk, or what has disks of its own, in the words of libvirt's attribute.
public enum InSnapshots: String, Codable, CaseIterable, Sendable { case yes, no }

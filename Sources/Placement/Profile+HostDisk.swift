import FleetModel

extension Profile {
    /// A disk that the host has already: a file, or a whole disk or partition. It belongs to nobody's template, so that no job
    /// makes or removes it.
    public struct HostDisk: Codable, Equatable, Sendable {
        /// An image file, such as `/srv/images/archive.raw`.
        public var file: String?
        /// A block device by a name that stays, such as `/dev/disk/by-id/ata-Samsung_SSD_860_S3Z9`.
        public var device: String?
        /// Of the file.
        public var format = ImageReference.Format.raw
        public var readOnly = false
        /// A VM with a disk that no snapshot can hold, such as a device, has snapshots only where this is `no`.
        public var snapshot = InSnapshots.yes

        public init(file: String? = nil, device: String? = nil) {
            self.file = file
            self.device = device
        }

        public init(from decoder: any Decoder) throws {
            self.init()
            let values = try decoder.container(keyedBy: CodingKeys.self)
            file = try values.decodeIfPresent(String.self, forKey: .file)
            device = try values.decodeIfPresent(String.self, forKey: .device)
            format = try values.decodeIfPresent(ImageReference.Format.self, forKey: .format) ?? format
            readOnly = try values.decodeIfPresent(Bool.self, forKey: .readOnly) ?? readOnly
            snapshot = try values.decodeIfPresent(InSnapshots.self, forKey: .snapshot) ?? snapshot
        }

        public var path: String { file ?? device ?? "" }

        /// Why it cannot be one; nil when it can.
        public var obstacle: String? {
            if (file == nil) == (device == nil) { return "expected either file or device" }
            if !path.hasPrefix("/") { return "expected a path that begins with /, got '\(path)'" }
            guard let device else { return nil }
            if !["/dev/disk/", "/dev/mapper/"].contains(where: device.hasPrefix) {
                return
                    "expected a name that stays when disks come and go, such as one below /dev/disk/by-id, got '\(device)'"
            }
            return format == .raw ? nil : "a device is raw"
        }
    }

    /// What VMs discard at once: what the profile says, else for Windows a qcow2 cluster. Windows 11 gives nothing back to a disk
    /// that tells it the size of a sector.
    public var discardGranularityBytes: Int? {
        discardGranularityKiB.map { $0 << 10 } ?? (guestOS == .windows ? 64 << 10 : nil)
    }
}

import FleetModel

/// `inventory/storage`. Free space is a metric.
public struct StorageDocument: Codable, Equatable, Sendable {
    /// A storage pool of the hypervisor.
    public struct Pool: Codable, Equatable, Sendable {
        public var name: String
        public var active: Bool
        public var capacityBytes: UInt64
        public var path: String?

        public init(name: String, active: Bool, capacityBytes: UInt64, path: String?) {
            self.name = name
            self.active = active
            self.capacityBytes = capacityBytes
            self.path = path
        }
    }

    /// The directory of base images and disks.
    public struct Images: Codable, Equatable, Sendable {
        public var path: String
        /// `ext4`, `btrfs`, `xfs`, ...
        public var fileSystem: String?
        public var mountPoint: String?
        public var capacityBytes: UInt64?
    }

    public var pools: [Pool]
    public var images: Images
}

struct StorageInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> StorageDocument {
        let path = subject.imagesDirectory
        let mount = mount(of: path, in: subject.root)
        return StorageDocument(
            pools: subject.pools.sorted { $0.name < $1.name },
            images: StorageDocument.Images(
                path: path, fileSystem: mount?.type, mountPoint: mount?.point,
                capacityBytes: subject.root.fileSystem(of: path)?.size))
    }

    /// The mount with the longest path above `path`; of two on the same path, the later one (proc_pid_mountinfo(5)).
    private func mount(of path: String, in root: HostRoot) -> (point: String, type: String)? {
        var best: (point: String, type: String)?
        for line in (root.text("/proc/self/mountinfo") ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, fields.count > 4 else { continue }
            let point = unescaped(fields[4])
            guard path == point || path.hasPrefix(point == "/" ? "/" : point + "/") else { continue }
            if point.utf8.count >= best?.point.utf8.count ?? 0 { best = (point, String(fields[dash + 1])) }
        }
        return best
    }

    /// Space, tab, newline and backslash stand as `\040` and the like.
    private func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

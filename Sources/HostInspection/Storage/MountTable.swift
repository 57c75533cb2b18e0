/// What is mounted where: /proc/self/mountinfo (proc_pid_mountinfo(5)), or /proc/mounts in a tree without it.
struct MountTable: Sendable {
    struct Mount: Equatable, Sendable {
        /// `8:1`; the major number is 0 for file systems of several devices, and for those of none.
        var number: String?
        var point: String
        var type: String
        /// `/dev/sda1`, a dataset of ZFS, or any word.
        var source: String
        var options: [String]
        /// The file system's own options, as opposed to the mount's.
        var superOptions: [String]
    }

    /// In the order of mounting.
    let mounts: [Mount]

    init(_ root: HostRoot) {
        let table = ["/proc/self/mountinfo", "/proc/1/mountinfo"].firstResult { root.text($0) }
        let mounts = Self.lines(table).compactMap(Self.mountinfo)
        self.mounts = mounts.isEmpty ? Self.lines(root.text("/proc/mounts")).compactMap(Self.mtab) : mounts
    }

    /// The mount that a path without symbolic links lies in.
    func mount(holding path: String) -> Mount? {
        var best: Mount?
        for mount in mounts
        where mount.type != "autofs"
            && (path == mount.point || path.hasPrefix(mount.point == "/" ? "/" : mount.point + "/"))
            && mount.point.utf8.count >= best?.point.utf8.count ?? 0
        {
            best = mount
        }
        return best
    }

    /// The mount on exactly this point; of several the last, which hides the others.
    func mount(at point: String) -> Mount? { mounts.last { $0.point == point && $0.type != "autofs" } }

    private static func lines(_ text: String?) -> [[Substring]] {
        (text ?? "").split(separator: "\n").map { $0.split(separator: " ") }
    }

    private static func mountinfo(_ fields: [Substring]) -> Mount? {
        guard fields.count > 6, let dash = fields[6...].firstIndex(of: "-"), fields.count > dash + 2 else { return nil }
        return Mount(
            number: String(fields[2]), point: unescaped(fields[4]), type: String(fields[dash + 1]),
            source: unescaped(fields[dash + 2]), options: words(fields[5]),
            superOptions: fields.count > dash + 3 ? words(fields[dash + 3]) : [])
    }

    private static func mtab(_ fields: [Substring]) -> Mount? {
        guard fields.count > 3 else { return nil }
        return Mount(
            number: nil, point: unescaped(fields[1]), type: String(fields[2]), source: unescaped(fields[0]),
            options: words(fields[3]), superOptions: [])
    }

    private static func words(_ field: Substring) -> [String] { field.split(separator: ",").map { unescaped($0) } }

    /// Space, tab, newline and backslash stand as `\040` and the like, here and in /proc/swaps.
    static func unescaped(_ field: Substring) -> String {
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

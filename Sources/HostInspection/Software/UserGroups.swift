import Glibc

/// Who may use KVM and libvirt without being root: group(5).
struct UserGroups: Sendable {
    private static let matter: Set<String> = ["kvm", "libvirt", "libvirtd"]
    private let groups: [(name: String, number: UInt32?, members: [String])]

    init(_ root: HostRoot) {
        groups = (root.text("/etc/group") ?? "").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, Self.matter.contains(String(fields[0])) else { return nil }
            return (String(fields[0]), UInt32(fields[2]), fields[3].split(separator: ",").map(String.init).sorted())
        }.sorted { $0.name < $1.name }
    }

    var thoseThatMatter: [SoftwareDocument.Group] { groups.map { .init(name: $0.name, members: $0.members) } }

    /// Those that this process has; nil for a copied tree.
    func own(_ root: HostRoot) -> [String]? {
        guard root.isLive else { return nil }
        let count = getgroups(0, nil)
        var numbers = [gid_t](repeating: 0, count: Int(max(count, 0)))
        guard getgroups(count, &numbers) >= 0 else { return nil }
        let own = Set(numbers + [getegid()])
        return groups.filter { $0.number.map { own.contains($0) } == true }.map(\.name)
    }
}

/// The first processor of /proc/cpuinfo, which speaks for all; with 500 of them the file has a megabyte.
struct FirstProcessor: Sendable {
    /// `model name`, `microcode`, ...; none in a tree without the file.
    let fields: [String: String]
    /// `vmx`, `hypervisor`, ..., and Intel's separate list of what VT-x can.
    let flags: Set<Substring>

    init(_ root: HostRoot) {
        let lines = root.fields("/proc/cpuinfo", limit: 1 << 14).map { ($0.key, $0.value) }
        fields = Dictionary(lines) { first, _ in first }
        flags = Set("\(fields["flags"] ?? "") \(fields["vmx flags"] ?? "")".split(separator: " "))
    }

    /// `GenuineIntel`, `AuthenticAMD`.
    var vendor: String? { fields["vendor_id"] }
    var isGuest: Bool { flags.contains("hypervisor") }
}

/// The versions of installed packages, from the package manager's own files. rpm keeps them in a database that only
/// rpm can read.
struct PackageDatabase: Sendable {
    let versions: [String: String]
    /// There is a database that cannot be read here.
    let isForeign: Bool

    init(_ root: HostRoot, names: Set<String>) {
        var versions = Self.dpkg(root, names)
        versions.merge(Self.pacman(root, names)) { first, _ in first }
        self.versions = versions
        isForeign =
            versions.isEmpty && ["/usr/lib/sysimage/rpm", "/var/lib/rpm"].contains { !root.names(in: $0).isEmpty }
    }

    /// Paragraphs of `Package:`, `Status:` and `Version:` lines (dpkg(1), deb-status(5)).
    private static func dpkg(_ root: HostRoot, _ names: Set<String>) -> [String: String] {
        var versions: [String: String] = [:]
        var package: String?
        var isInstalled = false
        _ = root.forEachLine(of: "/var/lib/dpkg/status") { line in
            if let name = value("Package: ", line) {
                package = names.contains(name) ? name : nil
                isInstalled = false
            } else if let name = package {
                if let status = value("Status: ", line) { isInstalled = status.hasSuffix(" installed") }
                if let version = value("Version: ", line), isInstalled { versions[name] = version }
            }
        }
        return versions
    }

    private static func value(_ field: StaticString, _ line: UnsafeBufferPointer<UInt8>) -> String? {
        let isField = field.withUTF8Buffer { line.starts(with: $0) }
        return isField ? String(decoding: line.dropFirst(field.utf8CodeUnitCount), as: UTF8.self) : nil
    }

    /// A directory for each package: `swtpm-0.8.2-1`.
    private static func pacman(_ root: HostRoot, _ names: Set<String>) -> [String: String] {
        var versions: [String: String] = [:]
        for entry in root.names(in: "/var/lib/pacman/local") {
            let parts = entry.split(separator: "-")
            guard parts.count > 2 else { continue }
            let name = parts.dropLast(2).joined(separator: "-")
            if names.contains(name) { versions[name] = parts.suffix(2).joined(separator: "-") }
        }
        return versions
    }
}

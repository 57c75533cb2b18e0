import FleetModel

/// `inventory/software`.
public struct SoftwareDocument: Codable, Equatable, Sendable {
    public struct Hypervisor: Codable, Equatable, Sendable {
        public var uri: String
        public var libvirtVersion: String
        /// QEMU's.
        public var version: String

        public init(uri: String, libvirtVersion: String, version: String) {
            self.uri = uri
            self.libvirtVersion = libvirtVersion
            self.version = version
        }
    }

    public var hostname: String?
    /// os-release(5).
    public var osName: String?
    public var osID: String?
    public var osVersion: String?
    public var kernel: String?
    public var architecture: String?
    public var agentVersion: String
    public var hypervisor: Hypervisor?
}

struct SoftwareInspector: Sendable {
    func inspect(_ subject: InspectionSubject) -> SoftwareDocument {
        let root = subject.root
        let release = osRelease(root.text("/etc/os-release") ?? root.text("/usr/lib/os-release") ?? "")
        return SoftwareDocument(
            hostname: root.text("/proc/sys/kernel/hostname"), osName: release["PRETTY_NAME"] ?? release["NAME"],
            osID: release["ID"], osVersion: release["VERSION_ID"], kernel: root.text("/proc/sys/kernel/osrelease"),
            architecture: root.text("/proc/sys/kernel/arch"), agentVersion: subject.agentVersion,
            hypervisor: subject.hypervisor)
    }

    /// `KEY=value` lines, the value perhaps in shell quotes.
    private func osRelease(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            var value = line[line.index(after: equals)...]
            if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
                value = value.dropFirst().dropLast()
            }
            values[String(line[..<equals])] = unescaped(value)
        }
        return values
    }

    private func unescaped(_ text: Substring) -> String {
        var result = ""
        var escaped = false
        for character in text {
            if character == "\\" && !escaped {
                escaped = true
            } else {
                result.append(character)
                escaped = false
            }
        }
        return result
    }
}

import FleetModel
import FoundationEssentials

extension GuestFirmware {
    /// Where distributions put OVMF.
    static let directories = [
        "/usr/share/OVMF", "/usr/share/edk2/ovmf", "/usr/share/edk2/x64", "/usr/share/edk2-ovmf/x64",
        "/usr/share/pve-edk2-firmware",
    ]

    static func all(_ root: HostRoot) -> [GuestFirmware] {
        let described = described(root)
        return described.isEmpty ? undescribed(root) : described
    }

    /// Descriptors in the order of their names; one in /etc hides its namesake, and an empty one hides it entirely.
    private static func described(_ root: HostRoot) -> [GuestFirmware] {
        var paths: [String: String] = [:]
        for directory in ["/usr/share/qemu/firmware", "/etc/qemu/firmware"] {
            for name in root.names(in: directory) where name.hasSuffix(".json") { paths[name] = "\(directory)/\(name)" }
        }
        return paths.sorted { $0.key < $1.key }.compactMap { name, path in
            guard let bytes = root.bytes(path),
                let descriptor = try? JSONDecoder().decode(Descriptor.self, from: Data(bytes)), descriptor.isForPCs,
                let code = descriptor.mapping.executable?.filename ?? descriptor.mapping.filename
            else { return nil }
            let variables = descriptor.mapping.nvramTemplate?.filename
            return GuestFirmware(
                descriptor: name, code: code, variables: variables,
                secureBoot: descriptor.features.contains("secure-boot"),
                enrolledKeys: descriptor.features.contains("enrolled-keys"),
                present: root.exists(code) && variables.map { root.exists($0) } != false)
        }
    }

    private struct Descriptor: Decodable {
        struct File: Decodable { var filename: String }
        struct Target: Decodable { var architecture: String }
        struct Mapping: Decodable {
            var executable: File?
            var nvramTemplate: File?
            /// Of firmware that is one read-only file.
            var filename: String?

            enum CodingKeys: String, CodingKey {
                case executable, filename
                case nvramTemplate = "nvram-template"
            }
        }

        var interfaces: [String]
        var mapping: Mapping
        var targets: [Target]
        var features: [String]

        enum CodingKeys: String, CodingKey {
            case mapping, targets, features
            case interfaces = "interface-types"
        }

        var isForPCs: Bool { interfaces.contains("uefi") && targets.contains { $0.architecture == "x86_64" } }
    }

    /// `OVMF_CODE_4M.secboot.fd` and `OVMF_VARS_4M.ms.fd`, as they are named where no descriptor is.
    private static func undescribed(_ root: HostRoot) -> [GuestFirmware] {
        directories.flatMap { directory -> [GuestFirmware] in
            let names = root.names(in: directory)
            return names.filter { $0.hasPrefix("OVMF_CODE") }.map { code in
                let isSecure = code.contains("secboot") || code.contains(".ms.")
                let size = code.contains("4M") || code.contains("4m")
                let variables = names.filter {
                    $0.hasPrefix("OVMF_VARS") && ($0.contains("4M") || $0.contains("4m")) == size
                }
                let enrolled = variables.first { $0.contains("ms") || $0.contains("secboot") }
                let template = (isSecure ? enrolled : nil) ?? variables.first { $0 != enrolled } ?? variables.first
                return GuestFirmware(
                    code: "\(directory)/\(code)", variables: template.map { "\(directory)/\($0)" },
                    secureBoot: isSecure,
                    enrolledKeys: isSecure && enrolled != nil, present: true)
            }
        }
    }
}

import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

@testable import HostInspection

/// docs/inspection.schema.json says what the code writes.
@Suite struct InspectionSchemaTests {
    private let schemaPath = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/inspection.schema.json").path

    /// Checks documents against the schema, in which each object shall have no other members than those described.
    private static let validator = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        def close(node):
            if isinstance(node, dict):
                if "properties" in node and "type" in node: node["additionalProperties"] = False
                for child in node.values(): close(child)
            elif isinstance(node, list):
                for child in node: close(child)
        close(schema)
        for path in sys.argv[2:]:
            for error in Draft202012Validator(schema).iter_errors(json.load(open(path))):
                print("/".join(map(str, error.absolute_path)) + ": " + error.message[:200])
        """

    private func violations(_ documents: [JSONValue]) async throws -> String {
        let directory = try TemporaryDirectory()
        let paths = try documents.enumerated().map { index, document in
            let path = directory.file("\(index).json")
            try FleetJSON.encode(document).write(to: URL(filePath: path))
            return path
        }
        // Debian's, whatever else is in the path.
        return try await Subprocess.run("/usr/bin/python3", ["-c", Self.validator, schemaPath] + paths).successful()
            .text
    }

    /// A tree with something of each kind, this machine, and a tree of nothing.
    private func inspections() async throws -> [Inspection] {
        let empty = try FixtureMachine([:])
        let full = try FixtureMachine([
            "/proc/sys/kernel/osrelease": "6.1\n", "/proc/cmdline": "BOOT_IMAGE=/vmlinuz intel_iommu=on\n",
            "/boot/config-6.1": "CONFIG_KVM=m\n", "/proc/modules": "vfio_pci 1 0 - Live 0x0\n",
            "/etc/group": "kvm:x:1:anna\n", "/usr/bin/swtpm": "", "/usr/bin/dracut": "",
            "/usr/share/OVMF/OVMF_CODE.fd": "", "/etc/NIXOS": "", "/sys/fs/selinux/enforce": "1",
            "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "4\n",
            "/proc/meminfo": "MemTotal: 65536000 kB\n",
            "/sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
            "/sys/bus/pci/devices/0000:01:00.0/device": "0x1c82\n",
            "/sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
            "/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-63/available_instances": "3\n",
            "/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-63/device_api": "vfio-pci\n",
            "/sys/bus/pci/devices/0000:01:00.0/mdev_supported_types/nvidia-63/devices/"
                + "6b5f0f1e-0d83-5c1c-8a51-1f2ad2f3e0aa": "",
            "/sys/kernel/iommu_groups/1/devices/0000:01:00.0": "",
        ])
        var live = empty.subject
        live.root = HostRoot()
        live.includesMomentary = true
        live.profiles = [ProfileNeeds(name: ResourceName("office")!, memoryBytes: 8 << 30, vcpus: 4, tpm: true)]
        let inspector = HostInspector()
        defer { withExtendedLifetime((empty, full)) {} }
        return [
            await inspector.inspect(empty.subject), await inspector.inspect(full.subject),
            await inspector.inspect(live),
        ]
    }

    @Test func realInspectionsFollowIt() async throws {
        let documents = try await inspections().map { try FleetJSON.value($0) }
        #expect(try await violations(documents) == "")
    }

    /// The check above is only worth something when it finds what is wrong.
    @Test func whatIsWrongIsFound() async throws {
        let inspection = try #require(try await inspections().first)
        guard case .object(var members) = try FleetJSON.value(inspection) else {
            Issue.record("an inspection is an object")
            return
        }
        members["more"] = .null
        members["version"] = .integer(2)
        members["pci"] = .object([:])
        let found = try await violations([.object(members)])
        for word in ["more", "version", "pci"] { #expect(found.contains(word), "\(found)") }
    }

    /// Members that no inspection above has, too: a value reflects all of its members, absent or not.
    @Test func everyMemberIsDescribed() async throws {
        let schema = try FleetJSON.decode(JSONValue.self, from: Data(contentsOf: URL(filePath: schemaPath)))
        for inspection in try await inspections() {
            #expect(Self.undescribed(inspection, by: schema, of: schema, at: "inspection") == [])
        }
    }

    private static func undescribed(_ value: Any, by node: JSONValue, of schema: JSONValue, at path: String) -> [String]
    {
        if let reference = node["$ref"]?.stringValue {
            guard let target = schema["$defs"]?[String(reference.dropFirst("#/$defs/".count))] else {
                return ["\(path): no schema \(reference)"]
            }
            return undescribed(value, by: target, of: schema, at: path)
        }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            return mirror.children.first.map { undescribed($0.value, by: node, of: schema, at: path) } ?? []
        case .collection:
            let items = node["items"] ?? .null
            return Set(
                mirror.children.flatMap { undescribed($0.value, by: items, of: schema, at: path + "[]") }
            ).sorted()
        case .struct where node["type"]?.stringValue == "object":
            return mirror.children.flatMap { child -> [String] in
                // The one member whose name is a word of Swift.
                let name = child.label == "deviceClass" ? "class" : child.label ?? "?"
                guard let property = node["properties"]?[name] else { return ["\(path).\(name) is not described"] }
                return undescribed(child.value, by: property, of: schema, at: "\(path).\(name)")
            }
        default: return []
        }
    }
}

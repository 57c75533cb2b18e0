import FleetTestSupport
import FoundationEssentials
import Subprocess

/// Makes libvirt say something without a guest: VMs that come and go as mere definitions, two events each.
struct VMNoise {
    private let libvirt: PrivateLibvirt
    private let directory: TemporaryDirectory

    init(_ libvirt: PrivateLibvirt) throws {
        self.libvirt = libvirt
        directory = try TemporaryDirectory()
    }

    /// Defines a VM that stays.
    func define(_ name: String) async throws {
        try await virsh("define \(try definition(of: name))\n")
    }

    func defineAndUndefine(_ count: Int) async throws {
        let path = try definition(of: "noise")
        try await virsh(String(repeating: "define \(path)\nundefine noise\n", count: count))
    }

    private func definition(of name: String) throws -> String {
        let path = directory.file("\(name).xml")
        let definition = """
            <domain type='qemu'><name>\(name)</name><memory unit='MiB'>16</memory>
            <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>
            """
        try Data(definition.utf8).write(to: URL(filePath: path))
        return path
    }

    private func virsh(_ commands: String) async throws {
        _ = try await Subprocess.run("virsh", ["--quiet", "-c", libvirt.uri], input: Array(commands.utf8)).successful()
    }
}

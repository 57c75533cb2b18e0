import Foundation
import Subprocess

/// A small guest with disk and interface and nothing to boot: what libvirt has to tell about is all there.
struct IdleVM {
    var index: Int
    /// Where its files lie.
    var directory: String

    static func name(_ index: Int) -> String { "idle-\(index)" }

    /// Starts it paused; nothing is kept when it ends.
    func boot(_ uri: String) async throws {
        _ = try await Subprocess.run("virsh", ["-c", uri, "create", "--paused", write()]).successful()
    }

    func define(_ uri: String) async throws {
        _ = try await Subprocess.run("virsh", ["-c", uri, "define", write()]).successful()
    }

    /// - Returns: the path of its definition.
    private func write() async throws -> String {
        let disk = "\(directory)/\(index).qcow2"
        let definition = "\(directory)/\(index).xml"
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", disk, "1G"]).successful()
        try """
        <domain type='qemu'><name>\(Self.name(index))</name><memory unit='MiB'>64</memory><vcpu>4</vcpu>
        <os><type arch='x86_64' machine='q35'>hvm</type></os>
        <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='\(disk)'/>
        <target dev='sda' bus='scsi'/></disk><controller type='scsi' model='virtio-scsi'/>
        <interface type='user'><model type='virtio'/></interface><memballoon model='virtio'/></devices></domain>
        """.write(toFile: definition, atomically: true, encoding: .utf8)
        return definition
    }
}

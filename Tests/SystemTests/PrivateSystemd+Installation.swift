import FleetTestSupport
import FoundationEssentials

extension PrivateSystemd {
    /// As docs/install.md says, from what the build has left.
    func installVirtfleet() async throws {
        let repository = GuestImage.path.replacing("/.build/guest/guest.qcow2", with: "")
        let binaries = URL(filePath: try BuiltProgram.path("virtfleet")).deletingLastPathComponent().path
        _ = try await run("make", "-C", repository, "install", "BINARIES=\(binaries)", "MANUAL=/run/manual")
            .successful()
        try await write("u libvirt-qemu - \"QEMU\"\n", to: "/etc/sysusers.d/libvirt-qemu.conf")
        _ = try await run("systemd-sysusers").successful()
    }
}

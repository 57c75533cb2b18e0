import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import HostInspection

@Suite struct ComponentsTests {
    private func components(
        _ files: [String: String], _ hypervisor: SoftwareDocument.Hypervisor? = nil
    ) throws -> (Components, [Inspection.Limitation]) {
        var limitations: [Inspection.Limitation] = []
        let machine = try FixtureMachine(files)
        defer { withExtendedLifetime(machine) {} }
        return (Components(machine.subject.root, hypervisor: hypervisor, limitations: &limitations), limitations)
    }

    @Test func dpkgTellsVersions() throws {
        func paragraph(_ name: String, _ status: String, _ version: String) -> String {
            "Package: \(name)\nStatus: \(status)\nPriority: optional\nVersion: \(version)\nDescription: x\n y\n\n"
        }
        let installed = "install ok installed"
        let (components, limitations) = try components([
            "/var/lib/dpkg/status": paragraph("libvirt-daemon", installed, "9.0.0-4+deb12u2")
                + paragraph("bash", installed, "5.2") + paragraph("swtpm", "deinstall ok config-files", "0.7.1-1.3")
                + paragraph("qemu-system-x86", installed, "1:7.2+dfsg-7+deb12u18+b3")
        ])
        #expect(components.libvirt == .init(version: "9.0.0", source: "package libvirt-daemon 9.0.0-4+deb12u2"))
        #expect(components.qemu?.version == "7.2" && components.swtpm == nil && components.ovmf == nil)
        #expect(limitations.isEmpty)
    }

    @Test func whatOnlySomeProfilesAskForIsLookedFor() throws {
        #expect(try components([:]).0.helpers == .init())
        let description = "/usr/share/qemu/vhost-user/50-qemu-virtiofsd.json"
        let (files, _) = try components([description: "{}", "/usr/bin/xorriso": ""])
        #expect(
            files.helpers == .init(virtiofsd: .init(source: description), xorriso: .init(source: "/usr/bin/xorriso")))
        let (packages, _) = try components([
            "/var/lib/pacman/local/virtiofsd-1.10.0-1/desc": "", "/var/lib/pacman/local/libisoburn-1.5.6-2/desc": "",
            "/usr/share/qemu/vhost-user/50-virtiofsd.json": "{}",
        ])
        #expect(packages.helpers?.virtiofsd?.version == "1.10.0" && packages.helpers?.xorriso?.version == "1.5.6")
    }

    @Test func pacmanTellsVersions() throws {
        let (components, _) = try components([
            "/var/lib/pacman/local/swtpm-0.8.2-1/desc": "", "/var/lib/pacman/local/edk2-ovmf-202402-2/desc": "",
            "/var/lib/pacman/local/qemu-base-9.0.0-1/desc": "", "/var/lib/pacman/local/ALPM_DB_VERSION": "",
        ])
        #expect(components.swtpm?.version == "0.8.2" && components.ovmf?.version == "202402")
        #expect(components.qemu?.source == "package qemu-base 9.0.0-1")
    }

    @Test func withoutVersionsTheFilesTell() throws {
        let (components, limitations) = try components([
            "/var/lib/rpm/Packages": "", "/usr/sbin/virtqemud": "", "/usr/lib64/libvirt.so.0.10005.2": "",
            "/usr/bin/swtpm": "", "/usr/share/virtio-win/virtio-win-0.1.262.iso": "",
        ])
        #expect(components.libvirt == .init(version: "10.5.2", source: "/usr/lib64/libvirt.so.0.10005.2"))
        #expect(components.swtpm == .init(source: "/usr/bin/swtpm") && components.qemu == nil)
        #expect(components.virtioWin?.version == "0.1.262")
        #expect(
            limitations == [.init(fact: "package versions", needs: "rpm 4.16 or newer, which keeps them in SQLite")])
    }

    @Test func theRunningLibvirtCounts() throws {
        let (components, _) = try components(
            ["/usr/sbin/libvirtd": ""], .init(uri: "qemu:///system", libvirtVersion: "9.0.0", version: "7.2.22"))
        #expect(components.libvirt == .init(version: "9.0.0", source: "libvirt at qemu:///system"))
        #expect(components.qemu?.version == "7.2.22")
    }

    private func descriptor(_ code: String, _ features: String, architecture: String = "x86_64") -> String {
        """
        {"description": "x", "interface-types": ["uefi"],
         "mapping": {"device": "flash", "executable": {"filename": "\(code)", "format": "raw"},
                     "nvram-template": {"filename": "/vars.fd", "format": "raw"}},
         "targets": [{"architecture": "\(architecture)", "machines": ["pc-q35-*"]}], "features": [\(features)], "tags": []}
        """
    }

    @Test func firmwareIsWhatItsDescriptorsSay() throws {
        let directory = "/usr/share/qemu/firmware/"
        let machine = try FixtureMachine([
            directory + "60-plain.json": descriptor("/plain.fd", "\"acpi-s3\""),
            directory + "40-secure.json": descriptor("/gone.fd", "\"secure-boot\", \"enrolled-keys\""),
            directory + "50-hidden.json": descriptor("/plain.fd", ""), "/etc/qemu/firmware/50-hidden.json": "",
            directory + "30-arm.json": descriptor("/plain.fd", "", architecture: "aarch64"),
            directory + "20-broken.json": "{", "/plain.fd": "", "/vars.fd": "",
        ])
        #expect(
            GuestFirmware.all(machine.subject.root) == [
                .init(
                    descriptor: "40-secure.json", code: "/gone.fd", variables: "/vars.fd", secureBoot: true,
                    enrolledKeys: true, present: false),
                .init(
                    descriptor: "60-plain.json", code: "/plain.fd", variables: "/vars.fd", secureBoot: false,
                    enrolledKeys: false, present: true),
            ])
    }

    @Test func withoutDescriptorsTheNamesTell() throws {
        let machine = try FixtureMachine([
            "/usr/share/OVMF/OVMF_CODE_4M.fd": "", "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd": "",
            "/usr/share/OVMF/OVMF_VARS_4M.fd": "", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd": "",
        ])
        let firmware = GuestFirmware.all(machine.subject.root)
        #expect(firmware.map(\.secureBoot) == [false, true] && firmware.map(\.enrolledKeys) == [false, true])
        #expect(firmware.map(\.variables) == ["/usr/share/OVMF/OVMF_VARS_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"])
    }

    @Test func protectionIsTheKernelsWordAndLibvirtsChoice() throws {
        func protection(_ files: [String: String]) throws -> QEMUProtection {
            var limitations: [Inspection.Limitation] = []
            let machine = try FixtureMachine(files)
            defer { withExtendedLifetime(machine) {} }
            return QEMUProtection(machine.subject.root, limitations: &limitations)
        }
        let selinux = try protection(["/sys/fs/selinux/enforce": "1"])
        #expect(selinux.driver == .selinux && selinux.mode == .enforcing && selinux.confines == true)
        #expect(try protection(["/sys/fs/selinux/enforce": "0"]).confines == false)
        let enabled = ["/sys/module/apparmor/parameters/enabled": "Y\n"]
        #expect(try protection(enabled).confines == false, "libvirt's profiles are missing")
        let profiles = enabled.merging(["/etc/apparmor.d/libvirt/TEMPLATE.qemu": ""]) { $1 }
        #expect(try protection(profiles).confines == true)
        let off = profiles.merging([
            "/etc/libvirt/qemu.conf": "#security_driver = \"selinux\"\nsecurity_driver = [ \"none\" ]\n"
        ]) { $1 }
        #expect(try protection(off).configuredDriver == "none" && protection(off).confines == false)
        #expect(try protection(["/sys/module/apparmor/parameters/enabled": "N"]).driver == .nothing)
        #expect(try protection(["/etc/selinux/config": "SELINUX=disabled\n"]).mode == .disabled)
        #expect(try protection(["/etc/selinux/config": "SELINUX=disabled\n"]).confines == false)
    }
}

import FleetTestSupport
import FoundationEssentials
import Testing

@testable import HostInspection

@Suite struct BootTests {
    private static let variables = "/sys/firmware/efi/efivars/"
    private static let loader = variables + "LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
    private static let stub = variables + "StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
    private static let secureBoot = variables + "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    private static let grub = ["/proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1 root=/dev/sda1", "/boot/grub/grub.cfg": ""]

    /// Attributes, and UTF-16 with its zero.
    private func variable(_ text: String) -> [UInt8] {
        [6, 0, 0, 0] + (Array(text.utf16) + [0]).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }

    private func boot(_ files: [String: String], _ variables: [String: [UInt8]] = [:]) throws -> Boot {
        let machine = try FixtureMachine(files)
        for (path, bytes) in variables { try machine.write(path, bytes) }
        return Boot(machine.subject.root, commandLine: KernelCommandLine(machine.subject.root))
    }

    @Test func theLoaderThatNamedItselfCountsWhateverElseIsInstalled() throws {
        let boot = try boot(
            [
                "/proc/cmdline": "root=/dev/sda1 initrd=\\EFI\\x.img", "/boot/grub/grub.cfg": "",
                "/etc/default/grub": "",
            ],
            [Self.loader: variable("systemd-boot 252.39-1~deb12u1"), Self.secureBoot: [6, 0, 0, 0, 1]])
        #expect(boot.loader == .systemdBoot && boot.loaderVersion == "systemd-boot 252.39-1~deb12u1")
        #expect(boot.firmware == .uefi && boot.secureBoot == true && !boot.unifiedKernelImage)
        #expect(boot.evidence == ["EFI variable LoaderInfo: systemd-boot 252.39-1~deb12u1"])
    }

    @Test func gRUBIsKnownByWhatItPasses() throws {
        let boot = try boot(Self.grub)
        #expect(boot.loader == .grub && boot.manager == nil)
        #expect(boot.evidence == ["BOOT_IMAGE=/vmlinuz-6.1 on the kernel's command line", "/boot/grub/grub.cfg"])
        #expect(boot.kernelArguments?.file == "GRUB_CMDLINE_LINUX_DEFAULT in /etc/default/grub")
        #expect(try self.boot(Self.grub, [Self.loader: variable("GRUB 2.12")]).loader == .grub)
        // syslinux passes the same.
        #expect(try self.boot(["/proc/cmdline": "BOOT_IMAGE=x", "/boot/syslinux/syslinux.cfg": ""]).loader == nil)
    }

    @Test func aUnifiedKernelImageNeedsNoLoader() throws {
        let alone = try boot([:], [Self.stub: variable("systemd-stub 255")])
        #expect(alone.loader == .efiStub && alone.unifiedKernelImage)
        let chosen = try boot(
            [:], [Self.stub: variable("systemd-stub 255"), Self.loader: variable("systemd-boot 255")])
        #expect(chosen.loader == .systemdBoot && chosen.unifiedKernelImage)
    }

    @Test func withoutVariablesTheCommandLineTells() throws {
        let line = ["/proc/cmdline": "initrd=\\EFI\\debian\\initrd.img root=/dev/sda2"]
        #expect(try boot(line).loader == .efiStub)
        #expect(try boot(line.merging(["/efi/loader/loader.conf": ""]) { $1 }).loader == .systemdBoot)
        #expect(try boot(["/proc/cmdline": "root=/dev/vda"]).loader == nil)
    }

    @Test func whatManagesTheEntriesIsWhereArgumentsGo() throws {
        func manager(_ files: [String: String]) throws -> (Boot.Manager?, String?) {
            let boot = try boot(files)
            return (boot.manager, boot.kernelArguments?.command)
        }
        #expect(
            try manager(Self.grub.merging(["/etc/kernel/proxmox-boot-uuids": "A-B"]) { $1 })
                == (.proxmoxBootTool, "proxmox-boot-tool refresh"))
        #expect(
            try manager(["/proc/cmdline": "BOOT_IMAGE=(hd0,gpt2)/x ostree=/ostree/boot.1/fedora/a/0"]).0 == .ostree)
        #expect(try manager(["/proc/cmdline": "initrd=\\x init=/nix/store/abc/init"]).0 == .nixos)
        #expect(
            try manager(Self.grub.merging(["/boot/loader/entries/a.conf": ""]) { $1 })
                == (.grubby, "grubby --update-kernel=ALL --args=ARGUMENT"))
    }

    @Test(arguments: [[], [6], [6, 0, 0, 0], [6, 0, 0, 0, 65], [6, 0, 0, 0, 0, 0xD8, 0], [6, 0, 0, 0, 0, 0]])
    func aDamagedVariableSaysNothing(bytes: [UInt8]) throws {
        let boot = try boot([:], [Self.loader: bytes, Self.stub: bytes])
        #expect(boot.loader != .systemdBoot)
    }

    @Test func secureBootIsTheFifthByte() throws {
        #expect(try boot([:], [Self.secureBoot: [6, 0, 0, 0, 0]]).secureBoot == false)
        #expect(try boot([:], [Self.secureBoot: [1, 1, 1, 1]]).secureBoot == nil)
        #expect(try boot(["/sys/firmware/acpi/tables/x": ""]).firmware == .bios)
    }

    @Test func theCommandLineIsReadAsTheKernelDoes() {
        let line = KernelCommandLine(
            #"quiet intel_iommu=on,sm_off iommu=pt dyndbg="file a +p" a-b=1 a_b=2 -- iommu=off"#)
        #expect(line.values(of: "intel_iommu") == ["on", "sm_off"] && line.values(of: "iommu") == ["pt"])
        #expect(line.value(of: "dyndbg") == "file a +p" && line.values(of: "a_b") == ["1", "2"])
        #expect(line.has("quiet") && !line.has("off"))
    }
}

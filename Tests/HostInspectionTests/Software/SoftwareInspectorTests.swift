import FleetModel
import FleetTestSupport
import Testing

@testable import HostInspection

@Suite struct SoftwareInspectorTests {
    private func software(_ files: [String: String]) throws -> (SoftwareDocument, [String]) {
        let machine = try FixtureMachine(files)
        var limitations: [Inspection.Limitation] = []
        let document = SoftwareInspector(kernel: RunningKernel(machine.root), mounts: MountTable(machine.root)).inspect(
            machine.subject, limitations: &limitations)
        return (document, limitations.map(\.fact))
    }

    @Test func theSystemIsNamed() throws {
        let (software, _) = try software([
            "/etc/os-release": "# comment\nPRETTY_NAME=\"Debian \\\"12\\\"\"\nID=debian\nVERSION_ID='12'\nBROKEN\n",
            "/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n", "/proc/sys/kernel/hostname": "bench-07\n",
            "/proc/cmdline": "root=/dev/sda1 quiet\n",
        ])
        #expect(software.osName == "Debian \"12\"" && software.osID == "debian" && software.osVersion == "12")
        #expect(software.kernel == "6.1.0-18-amd64" && software.hostname == "bench-07")
        #expect(software.commandLine == "root=/dev/sda1 quiet" && software.agentVersion == "1.2.3")
        let (thin, _) = try self.software([
            "/usr/lib/os-release": "NAME=Arch\n", "/proc/version": "Linux version 6.9.1-arch1 (x@y) (gcc) #1\n",
            "/etc/hostname": "anna\n",
        ])
        #expect(thin.osName == "Arch" && thin.kernel == "6.9.1-arch1" && thin.hostname == "anna")
    }

    @Test func ofNothingNothingIsKnown() throws {
        let (software, limitations) = try software([:])
        #expect(software.kernel == nil && software.kernelOptions.isEmpty && software.modules.isEmpty)
        #expect(software.boot == Boot(unknown: ()))
        #expect(
            software.components == Components(helpers: .init()) && software.firmware.isEmpty
                && software.initramfs == nil)
        #expect(software.protection == QEMUProtection() && software.groups.isEmpty && software.ownGroups == nil)
        #expect(software.immutability == nil && software.clock.service == nil && software.clock.synchronised == nil)
        #expect(limitations == ["what libvirt knows: its version, its pools, the devices and timers that VMs have"])
    }

    @Test func groupsTellTheirMembers() throws {
        let (software, _) = try software([
            "/etc/group": "root:x:0:\nlibvirt:x:104:zoe,anna\nkvm:x:103:\nbroken\nkvm2:x:9:a\n"
        ])
        #expect(
            software.groups == [.init(name: "kvm", members: []), .init(name: "libvirt", members: ["anna", "zoe"])])
    }

    @Test func initramfsToolsAreToldApart() throws {
        let cases: [(String, InitramfsTool)] = [
            ("/usr/sbin/mkinitramfs", .initramfsTools), ("/usr/bin/dracut", .dracut),
            ("/usr/bin/mkinitcpio", .mkinitcpio),
            ("/usr/bin/booster", .booster), ("/etc/mkinitcpio.conf", .mkinitcpio), ("/etc/NIXOS", .nixos),
        ]
        for (file, tool) in cases { #expect(try software([file: ""]).0.initramfs == tool, "\(file)") }
        let dracutWithWrapper = try software(["/usr/sbin/update-initramfs": "", "/usr/bin/dracut": ""])
        #expect(dracutWithWrapper.0.initramfs == .dracut)
    }

    @Test func whatCannotBeChangedInPlaceIsSaid() throws {
        func mount(_ point: String, _ options: String) -> [String: String] {
            ["/proc/self/mountinfo": "22 1 8:1 / \(point) \(options) - btrfs /dev/sda1 rw\n"]
        }
        #expect(try software(mount("/", "rw,relatime")).0.immutability == nil)
        #expect(try software(mount("/", "ro,relatime")).0.immutability == .readOnlyRoot)
        #expect(try software(mount("/usr", "ro,relatime")).0.immutability == .readOnlyUsr)
        #expect(try software(["/run/ostree-booted": ""]).0.immutability == .ostree)
        #expect(try software(["/proc/cmdline": "ostree=/ostree/boot.1/fedora/abc/0"]).0.immutability == .ostree)
        #expect(try software(["/etc/NIXOS": ""]).0.immutability == .nixos)
    }

    @Test func theClocksServiceIsTheOneThatIsStarted() throws {
        let timesync = "/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service"
        #expect(try software([timesync: ""]).0.clock.service == "systemd-timesyncd")
        #expect(try software(["/run/systemd/units/invocation:chronyd.service": ""]).0.clock.service == "chrony")
        #expect(try software(["/etc/systemd/system/chronyd.service": "", timesync: ""]).0.clock.service == "chrony")
        #expect(try software(["/usr/lib/systemd/system/chronyd.service": ""]).0.clock.service == nil)
        let machine = try FixtureMachine(["/run/systemd/timesync/synchronized": ""])
        #expect(ClockService.isSynchronised(machine.subject.root) == true)
        #expect(ClockService.isSynchronised(try FixtureMachine([:]).subject.root) == nil)
    }
}

extension Boot {
    fileprivate init(unknown: Void) {
        self.init(
            firmware: nil, secureBoot: nil, loader: nil, loaderVersion: nil, unifiedKernelImage: false,
            loaderEntries: false, manager: nil, kernelArguments: nil, evidence: [])
    }
}

import FleetRuntime
import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

@testable import Hypervisor

@Suite struct DomainXMLTests {
    /// Everything that a specification can ask for.
    static let full = DomainSpecification(
        name: "office <1> & \"two\"", id: VMID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")!, memoryBytes: 4 << 30, vcpus: 4,
        genID: UUID(uuidString: "5b2f1f6e-62a1-4a1f-9a53-1f2d3c4b5a69")!, accelerator: .kvm,
        guestOS: .windows, hidesHypervisor: true,
        firmware: DomainSpecification.Firmware(
            loaderPath: "/usr/share/OVMF/OVMF_CODE_4M.ms.fd", nvramPath: "/var/lib/virtfleet/vm/VARS.fd",
            nvramTemplatePath: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", secureBoot: true),
        tpm: true,
        disks: [
            DomainSpecification.Disk(path: "/var/lib/virtfleet/vm/system.qcow2", format: .qcow2),
            DomainSpecification.Disk(path: "/var/lib/virtfleet/vm/data.raw", format: .raw, bus: .virtio),
            DomainSpecification.Disk(path: "/var/lib/virtfleet/vm/more.qcow2", format: .qcow2, bus: .sata),
            DomainSpecification.Disk(
                path: "/dev/disk/by-id/ata-S3Z9", format: .raw, isBlockDevice: true, isReadOnly: true,
                isInSnapshots: false),
        ],
        diskCache: .none, discardGranularity: .init(bytes: 65536, form: .override),
        seed: DomainSpecification.Disc(path: "/var/lib/virtfleet/vm/seed.iso", bus: .sata),
        shares: [DomainSpecification.Share(directory: "/srv/projects", tag: "projects")],
        networks: [
            DomainSpecification.Network(mac: MACAddress("52:54:00:00:00:01")!, kind: .user),
            DomainSpecification.Network(mac: MACAddress("52:54:00:00:00:02")!, kind: .bridge("br-plc")),
            DomainSpecification.Network(mac: MACAddress("52:54:00:00:00:03")!, kind: .bridge("br-plc", vlan: 20)),
            DomainSpecification.Network(mac: MACAddress("52:54:00:00:00:04")!, kind: .macvtap("enp3s0")),
            DomainSpecification.Network(mac: MACAddress("52:54:00:00:00:05")!, kind: .network("default")),
        ],
        console: .spice, usbRedirections: 3, webDAV: true, ioThreads: 2,
        consoleLogPath: "/var/lib/virtfleet/vm/console.log", origin: Fixtures.origin,
        power: HostPowerPolicy(onSleep: .save, onShutdown: .save))

    @Test func aFullSpecificationBecomesThisXML() throws {
        #expect(try GoldenFile("full.xml").difference(from: Self.full.xml()) == nil)
    }

    @Test func aTranslatedGuestBecomesThisXML() throws {
        var specification = Self.full
        specification.accelerator = .tcg
        specification.guestOS = .linux
        specification.hidesHypervisor = false
        specification.firmware.secureBoot = false
        specification.tpm = false
        specification.console = .none
        specification.ioThreads = 0
        specification.consoleLogPath = nil
        specification.disks = []
        specification.seed = nil
        specification.networks = []
        #expect(try GoldenFile("minimal.xml").difference(from: specification.xml()) == nil)
    }

    /// Libvirt's own schema knows every element, also those of KVM, which is not here to define such a domain.
    @Test(arguments: ["full.xml", "minimal.xml"]) func libvirtsSchemaKnowsIt(file: String) async throws {
        let output = try await Subprocess.run("virt-xml-validate", [GoldenFile(file).path, "domain"])
        #expect(output.status == 0, "\(output.text) \(output.errorText)")
    }

    /// libvirt 9.0's schema does not know it yet.
    @Test func aNewerLibvirtIsToldWhatIsDiscardedAtOnce() throws {
        var specification = Self.full
        specification.discardGranularity?.form = .blockio
        let xml = specification.xml()
        #expect(xml.contains("<blockio discard_granularity='65536'/>") && !xml.contains("qemu:"))
        #expect(try DomainDefinition(xml: Self.full.xml()).overridesDiscardGranularity)
        #expect(try !DomainDefinition(xml: xml).overridesDiscardGranularity)
    }

    @Test func aWindowsGuestRestsAndATranslatedOneHasNobodyToAsk() throws {
        var specification = Self.full
        #expect(try DomainDefinition(xml: specification.xml()).isRestless == false)
        specification.accelerator = .tcg
        let translated = try DomainDefinition(xml: specification.xml())
        #expect(translated.guestOS == .windows && !translated.hyperVTimers && translated.isRestless)
        specification.guestOS = .linux
        #expect(try DomainDefinition(xml: specification.xml()).isRestless == false)
        for (what, by) in [("name='hypervclock' present='yes'", "name='hypervclock' present='no'"), ("<stimer", "<x")] {
            let xml = Self.full.xml().replacing(what, with: by).replacing(
                "</stimer", with: by == "<x" ? "</x" : "</stimer")
            #expect(try DomainDefinition(xml: xml).isRestless, "\(what)")
        }
    }

    @Test func theHostsDevicesThatItGetsAreSeen() throws {
        func source(_ address: String) -> String { "<source><address \(address)/></source>" }
        let devices = """
            <hostdev mode='subsystem' type='pci'>\(source("domain='0x0000' bus='0x01' slot='0x00' function='0x1'"))
              <address type='pci' domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></hostdev>
            <interface type='hostdev'>\(source("type='pci' domain='0x10000' bus='0xe1' slot='0x1f' function='0x7'"))</interface>
            <disk type='nvme' device='disk'><source type='pci' namespace='1'><address bus='2' slot='0' function='0'/></source>
              <target dev='sdx'/></disk>
            <hostdev mode='subsystem' type='usb'>\(source("bus='1' device='2'"))</hostdev>
            <hostdev type='pci'>\(source("bus='0xffffffffff' slot='x' function=''"))</hostdev>
            <hostdev type='pci'>\(source("bus='0x100' slot='0x20' function='0x8'"))</hostdev>
            <hostdev type='pci'/>
            """
        let xml = Self.full.xml().replacing("</devices>", with: devices + "</devices>")
        #expect(
            try DomainDefinition(xml: xml).hostDevices.map(\.description)
                == ["0000:01:00.1", "10000:e1:1f.7", "0000:02:00.0"])
    }

    @Test func whatIsWrittenCanBeReadBack() throws {
        let definition = try DomainDefinition(xml: Self.full.xml())
        #expect(definition.name == Self.full.name)
        #expect(definition.id == Self.full.id)
        #expect(definition.memoryBytes == 4 << 30)
        #expect(definition.vcpus == 4)
        #expect(
            definition.disks == [
                DomainDefinition.Disk(
                    target: "sda", device: "disk", file: "/var/lib/virtfleet/vm/system.qcow2", bus: "scsi",
                    format: "qcow2"),
                DomainDefinition.Disk(
                    target: "vda", device: "disk", file: "/var/lib/virtfleet/vm/data.raw", bus: "virtio"),
                DomainDefinition.Disk(
                    target: "sdb", device: "disk", file: "/var/lib/virtfleet/vm/more.qcow2", bus: "sata",
                    format: "qcow2"),
                DomainDefinition.Disk(
                    target: "sdc", device: "disk", file: nil, bus: "scsi", isReadOnly: true,
                    blockDevice: "/dev/disk/by-id/ata-S3Z9", isLeftOut: true,
                    hostStorage: "block device /dev/disk/by-id/ata-S3Z9"),
                DomainDefinition.Disk(
                    target: "sdf", device: "cdrom", file: "/var/lib/virtfleet/vm/seed.iso", bus: "sata",
                    isReadOnly: true),
            ])
        #expect(definition.nvramPath == Self.full.firmware.nvramPath)
        #expect(definition.nvramTemplatePath == Self.full.firmware.nvramTemplatePath)
        #expect(definition.macs == Self.full.networks.map(\.mac))
        #expect(definition.guestAgent == false)
        #expect(definition.origin == Fixtures.origin)
        #expect(definition.power == Self.full.power)
    }

    @Test func aVMThatDoesNotSayWhatBecomesOfItHasTheDefaults() throws {
        let old = Self.full.xml().replacing(" onHostSleep='save' onHostShutdown='save'", with: "")
        #expect(!old.contains("onHost"))
        #expect(try DomainDefinition(xml: old).power == HostPowerPolicy(onSleep: .pause, onShutdown: .shutdown))
        let later = Self.full.xml().replacing("onHostSleep='save'", with: "onHostSleep='hibernate'")
        #expect(try DomainDefinition(xml: later).power == HostPowerPolicy(onSleep: .pause, onShutdown: .save))
    }

    @Test func anEditChangesWhatItNamesAndNothingElse() throws {
        let live = Self.full.xml().replacing(
            "<source file='/var/lib/virtfleet/vm/data.raw'/>",
            with: """
                <source file='/var/lib/virtfleet/vm/data.raw' index='3'/>
                <backingStore type='file'><format type='raw'/><source file='/base.raw'/></backingStore>
                <mirror type='file' job='active-commit'/>
                """)
        let edit = DomainEdit(
            name: "a&b", genID: UUID(uuidString: "11111111-2222-4333-8444-555555555555"),
            files: ["vda": "/a&b/<1>.qcow2"])
        let edited = try edit.applied(to: live)
        #expect(!edited.contains("backingStore") && !edited.contains("mirror"))
        var expected = try DomainDefinition(xml: Self.full.xml())
        expected.name = "a&b"
        expected.genID = edit.genID
        expected.disks[1].file = "/a&b/<1>.qcow2"
        expected.disks[1].format = "qcow2"
        #expect(try DomainDefinition(xml: edited) == expected)
        #expect(try DomainDefinition(xml: DomainEdit().applied(to: edited)) == expected)
        #expect(throws: HypervisorError.self) { try DomainEdit(files: ["vdz": "/x"]).applied(to: live) }
        #expect(throws: HypervisorError.self) { try edit.applied(to: "<domain") }
    }

    @Test func aSpecificationWithAllDevicesIsAcceptedByLibvirt() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, _ in
            var specification = Self.full
            specification.accelerator = .tcg
            specification.name = "office"
            let domain = try await hypervisor.define(specification.xml())
            #expect(domain.id == specification.id)
        }
    }

    @Test func whatLibvirtDoesNotKnowIsRefusedAndChangesNothing() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            let nvram = guest.firmware.nvramPath
            #expect(FileManager.default.createFile(atPath: nvram, contents: Data("kept".utf8)))
            let unknown = guest.xml().replacing("</devices>", with: "<gizmo model='x'/></devices>")
            await expectError(.invalidDefinition) { _ = try await hypervisor.define(unknown) }
            #expect(try await hypervisor.domains().isEmpty)
            #expect(FileManager.default.fileExists(atPath: nvram))

            _ = try await hypervisor.define(guest.xml())
            let before = try await hypervisor.definition(of: guest.id)
            await expectError(.invalidDefinition) { _ = try await hypervisor.define(unknown) }
            #expect(try await hypervisor.definition(of: guest.id) == before)
        }
    }

    @Test(arguments: VMConsole.allCases) func aGuestStartsWithEachConsole(_ console: VMConsole) async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path)
            guest.console = console
            guest.webDAV = console == .spice
            guest.ioThreads = 1
            try await expectStart(of: guest, hypervisor)
        }
    }

    /// Such firmware keeps its variables behind system management mode, which QEMU has to emulate.
    @Test func aGuestStartsWithSecureBoot() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path)
            guest.firmware.loaderPath = Self.full.firmware.loaderPath
            guest.firmware.nvramTemplatePath = Self.full.firmware.nvramTemplatePath
            guest.firmware.secureBoot = true
            try await expectStart(of: guest, hypervisor)
        }
    }

    private func expectStart(of guest: DomainSpecification, _ hypervisor: any Hypervisor) async throws {
        _ = try await hypervisor.define(guest.xml())
        try await hypervisor.start(guest.id)
        #expect(try await hypervisor.domain(guest.id).state == .running)
        try await hypervisor.destroy(guest.id)
    }

    @Test func everyCharacterSurvivesOrIsReplaced() throws {
        let nasty = "a&b<c>d'e\"f\tg\nh\ri\u{1}j\u{10FFFF}äö"
        var writer = XMLWriter()
        writer.element("e", ["a": nasty], text: nasty)
        let expected = nasty.replacing("\u{1}", with: "\u{FFFD}")
        let read = try XMLTree.read(writer.text, as: "test") { root throws(HypervisorError) in
            [root.attribute("a"), root.text]
        }
        #expect(read == [expected, expected])
    }

    @Test func foreignMetadataIsNoOrigin() throws {
        let ours = Self.full.xml()
        for (what, by) in [
            ("https://virtfleet.dev/xmlns/vm/1", "https://example.org/"), ("template='ab", "template='xx"),
            ("profile=", "other="),
        ] {
            #expect(ours.contains(what))
            #expect(try DomainDefinition(xml: ours.replacing(what, with: by)).origin == nil)
        }
    }

    @Test func aConnectedAgentIsSeen() throws {
        let live = Self.full.xml().replacing(
            "name='org.qemu.guest_agent.0'", with: "name='org.qemu.guest_agent.0' state='connected'")
        #expect(try DomainDefinition(xml: live).guestAgent == true)
        let without = live.replacing("org.qemu.guest_agent.0", with: "org.example")
        #expect(try DomainDefinition(xml: without).guestAgent == nil)
    }

    @Test(arguments: [
        "", "<", "<domain>", "<network/>", "<domain/>", "<domain><name>x</name><uuid>no</uuid></domain>", "\u{0}",
        "<domain><name>x</name><uuid>1b4e28ba-2fa1-41d2-883f-0016d3cca427</uuid><memory unit='KiB'>18446744073709551615</memory><vcpu>1</vcpu></domain>",
    ])
    func whatIsNoDefinitionIsRefused(_ xml: String) {
        let error = #expect(throws: HypervisorError.self) { try DomainDefinition(xml: xml) }
        #expect(error?.code == .invalidDefinition)
    }

    @Test func entitiesNeitherExpandNorFetch() {
        let declarations = """
            <!DOCTYPE domain [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
            <!ENTITY file SYSTEM "file:///etc/passwd">]>
            """
        for reference in ["&b;", "&file;"] {
            let xml = declarations + DomainXMLTests.full.xml().replacing("office", with: reference)
            let error = #expect(throws: HypervisorError.self) { try DomainDefinition(xml: xml) }
            #expect(error?.code == .invalidDefinition)
            #expect(error?.message.contains("line ") == true)
        }
    }

    @Test func tooMuchTextIsRefused() {
        let xml = "<domain>" + String(repeating: " ", count: XMLTree.sizeLimit) + "</domain>"
        let error = #expect(throws: HypervisorError.self) { try DomainDefinition(xml: xml) }
        #expect(error?.code == .invalidDefinition)
    }
}

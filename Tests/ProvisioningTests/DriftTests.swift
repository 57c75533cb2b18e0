import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Placement
import FleetFiles
@testable import Provisioning
import Testing

/// What a definition should be, against what a real libvirt makes of it.
@Suite struct DriftTests {
    private static let directory = VMDirectory(path: "/var/lib/virtfleet/vms/\(World.jobID(1))")

    @Test func whatLibvirtMakesOfADefinitionIsNoDrift() async throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let shipped = Profile.load(from: ["\(repository)/config/profiles"]).0
        #expect(shipped.count == 5)
        let random = (0..<40 as Range<UInt64>).map { seed in ("seed \(seed)", Self.profile(seed: seed)) }
        try await withLibvirt { hypervisor in
            for (name, profile) in shipped.map({ ($0.key.description, $0.value) }) + random {
                for accelerator in DomainSpecification.Accelerator.allCases {
                    for placement in [nil, Self.placement(profile)] {
                        let made = Self.made(profile, accelerator, placement)
                        let xml = try await Self.definition(of: made, in: hypervisor)
                        #expect(try Self.differences(xml, profile) == [], "\(name) \(accelerator)")
                    }
                }
            }
        }
    }

    /// What somebody makes with virsh edit.
    struct Change: Sendable, CustomTestStringConvertible {
        var edits: [String: String]
        var settings: [String]
        var isFixable = true
        var testDescription: String { settings.joined(separator: " ") }
    }

    @Test(arguments: [
        Change(
            edits: [
                "<vcpu placement='static'>6": "<vcpu placement='static'>4", "dies='1' cores='6'": "dies='1' cores='4'",
            ],
            settings: ["vcpu", "cpu/topology"]),
        Change(edits: ["17825792</memory>": "2097152</memory>"], settings: ["memory"]),
        Change(edits: ["onHostSleep=\"pause\"": "onHostSleep=\"save\""], settings: ["metadata/vm/@onHostSleep"]),
        Change(edits: [" discard='unmap'": ""], settings: ["devices/disk[sda]/driver/@discard"]),
        Change(
            edits: ["<timer name='hpet' present='no'/>": "<timer name='hpet' present='yes'/>"],
            settings: ["clock/timer[hpet]/@present"]),
        Change(edits: ["<relaxed state='on'/>": ""], settings: ["features/hyperv/relaxed"]),
        Change(
            edits: ["<relaxed state='on'/>": "<relaxed state='on'/><reset state='on'/>"],
            settings: ["features/hyperv/reset"]),
        Change(
            edits: ["<features>": "<features><kvm><hidden state='on'/></kvm>"], settings: ["features/kvm"]),
        Change(
            edits: ["<source bridge='br-plc'/>": "<source bridge='br0'/>"],
            settings: ["devices/interface[\(CloneIdentity(job: World.jobID(1)).mac(nic: 1))]/source/@bridge"]),
        Change(
            edits: [
                "</devices>": """
                <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/srv/mine.img'/>
                <target dev='sdc' bus='scsi'/></disk></devices>
                """
            ], settings: ["devices/disk[sdc]"], isFixable: false),
    ])
    func whatSomebodyChangesIsSeenAndMended(_ change: Change) async throws {
        var profile = Profile()
        (profile.memoryMiB, profile.maximumMemoryMiB, profile.vcpus) = (16384, 20480, 6)
        profile.guestOS = .windows
        profile.networks = [.user, .bridge("br-plc")]
        try await withLibvirt { [profile] hypervisor in
            let made = Self.made(profile, .kvm, nil, memoryBytes: 17 << 30)
            let before = try await Self.definition(of: made, in: hypervisor)
            var edited = before
            for (old, new) in change.edits {
                #expect(edited.contains(old))
                edited.replace(old, with: new)
            }
            let found = try await Self.definition(defining: edited, in: hypervisor)
            let differences = try Self.differences(found, profile)
            #expect(differences.map(\.setting) == change.settings)
            #expect(differences.allSatisfy { $0.isFixable == change.isFixable })
            let mended = try Self.intended(found, profile).mending(found)
            let after = try await Self.definition(defining: mended, in: hypervisor)
            #expect(try Self.differences(after, profile).map(\.setting) == (change.isFixable ? [] : change.settings))
            if !change.isFixable { #expect(after.contains("/srv/mine.img")) }
        }
    }

    /// Of those that somebody takes from a definition, or adds to it.
    @Test(arguments: [0, 1, 4]) func placesForUSBDevicesAreCounted(count: Int) async throws {
        var profile = Profile()
        profile.console = .spice
        try await withLibvirt { [profile] hypervisor in
            var made = Self.made(profile, .tcg, nil)
            made.usbRedirections = count
            let own =
                "<redirdev bus='usb' type='tcp'><source mode='connect' host='localhost' service='4000'/></redirdev>"
            let found = try await Self.definition(
                defining: made.xml().replacing("</devices>", with: own + "</devices>"), in: hypervisor)
            #expect(
                try Self.differences(found, profile) == [
                    SettingDifference(setting: "devices/redirdev", found: "\(count)", wanted: "2", isFixable: true)
                ])
            let after = try await Self.definition(
                defining: Self.intended(found, profile).mending(found), in: hypervisor)
            #expect(try Self.differences(after, profile) == [])
            #expect(after.contains("<redirdev bus='usb' type='tcp'>"), "what it has beside that stays")
        }
    }

    @Test func whatWasResizedIsNoDrift() async throws {
        var profile = Profile()
        (profile.memoryMiB, profile.maximumMemoryMiB, profile.vcpus) = (4096, 5120, 2)
        try await withLibvirt { [profile] hypervisor in
            let found = try await Self.definition(of: Self.made(profile, .tcg, nil), in: hypervisor)
            let override = ProfileOverride(memoryMiB: 6144, maximumMemoryMiB: 8192, vcpus: 6)
            let edited = try DomainEdit(override: override).applied(to: found)
            let settings = try Self.differences(edited, profile).map(\.setting)
            #expect(Set(settings).isSuperset(of: ["memory", "vcpu", "cpu/topology"]), "\(settings)")
            let mended = try Self.intended(edited, profile).mending(edited)
            let after = try await Self.definition(defining: mended, in: hypervisor)
            #expect(try Self.differences(after, profile) == [])
            let definition = try DomainDefinition(xml: after)
            #expect(definition.override == override && definition.vcpus == 6 && definition.memoryBytes == 6 << 30)
            #expect(after.contains("6291456</currentMemory>"), "the guest gets all of it")
            let back = try DomainEdit(override: .some(nil)).applied(to: after)
            let restored = try await Self.definition(
                defining: Self.intended(back, profile).mending(back), in: hypervisor)
            #expect(try DomainDefinition(xml: restored).override == nil)
            #expect(try Self.differences(restored, profile) == [])
        }
    }

    @Test func anotherVersionOfTheProfileIsADifferenceUntilItIsFixed() async throws {
        var old = Profile()
        old.console = .none
        var new = old
        (new.memoryMiB, new.vcpus, new.console, new.ioThreads) = (8192, 4, .spice, 2)
        new.networks = [.bridge("br0"), .macvtap("eth0")]
        new.guestOS = .windows
        new.pinning = .focus
        try await withLibvirt { [old, new] hypervisor in
            let found = try await Self.definition(of: Self.made(old, .tcg, nil), in: hypervisor)
            let settings = try Self.differences(found, new).map(\.setting)
            let card = "devices/interface[\(CloneIdentity(job: World.jobID(1)).mac(nic: 0))]/@type"
            for setting in [
                card, "memory", "vcpu", "iothreads", "devices/graphics[spice]", "metadata/vm/demand/@pinning",
            ] {
                #expect(settings.contains(setting), "\(settings)")
            }
            let mended = try Self.intended(found, new).mending(found)
            #expect(try Self.differences(await Self.definition(defining: mended, in: hypervisor), new) == [])
        }
    }

    // Helpers

    private func withLibvirt(_ body: (LibvirtHypervisor) async throws -> Void) async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let hypervisor = try LibvirtHypervisor(
            uri: libvirt.uri, logger: Logger(label: "test", level: .error, sink: { _, _ in }))
        _ = await hypervisor.events.next()
        try await body(hypervisor)
        await hypervisor.close()
        await libvirt.stop()
    }

    private static let origin = VMDocument.Origin(
        job: World.jobID(1), template: Digest(String(repeating: "a", count: 64))!, profile: "small",
        profileVersion: 1)

    private static func made(
        _ profile: Profile, _ accelerator: DomainSpecification.Accelerator, _ placement: VMPlacement?,
        memoryBytes: UInt64? = nil
    ) -> DomainSpecification {
        let identity = CloneIdentity(job: World.jobID(1))
        var made = DomainSpecification(
            profile, name: "office", identity: identity, genID: identity.genID, origin: origin,
            accelerator: accelerator,
            firmware: DomainSpecification.Firmware(
                loaderPath: "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", nvramPath: directory.variables,
                nvramTemplatePath: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", secureBoot: profile.secureBoot),
            disks: profile.disks(in: directory), granularityForm: .override, seedPath: directory.seed,
            consoleLogPath: directory.console, placement: placement)
        if let memoryBytes { made.memoryBytes = memoryBytes }
        return made
    }

    private static func definition(of made: DomainSpecification, in hypervisor: LibvirtHypervisor) async throws
        -> String
    {
        try await definition(defining: made.xml(), in: hypervisor)
    }

    /// What libvirt makes of it. It has no KVM here, so that it gets KVM's features under another type, and gives them back.
    private static func definition(defining xml: String, in hypervisor: LibvirtHypervisor) async throws -> String {
        let isKVM = try DomainDefinition(xml: xml).accelerator == .kvm
        var text = xml
        for quote in ["'", "\""] {
            text.replace("type=\(quote)kvm\(quote)", with: "type=\(quote)qemu\(quote)", maxReplacements: 1)
            text.replace("mode=\(quote)host-passthrough", with: "mode=\(quote)maximum")
        }
        _ = try await hypervisor.define(text)
        let found = try await hypervisor.definition(of: World.vm())
        guard isKVM else { return found }
        return found.replacing("type='qemu'", with: "type='kvm'", maxReplacements: 1)
            .replacing("mode='maximum'", with: "mode='host-passthrough'")
    }

    private static func intended(_ xml: String, _ profile: Profile) throws -> DomainSpecification {
        try #require(
            DomainSpecification(
                profile, origin: origin, keeping: DomainDefinition(xml: xml), directory: directory,
                granularityForm: .override))
    }

    private static func differences(_ xml: String, _ profile: Profile) throws -> [SettingDifference] {
        try intended(xml, profile).differences(from: xml)
    }

    private static func placement(_ profile: Profile) -> VMPlacement {
        let cores = CPUSet(2..<2 + profile.vcpus)
        return VMPlacement(
            processors: VMPlacement.Processors(
                topology: VMPlacement.GuestTopology(
                    cores: profile.vcpus % 2 == 0 ? profile.vcpus / 2 : profile.vcpus,
                    threads: profile.vcpus % 2 == 0 ? 2 : 1),
                ownsCores: false, vcpus: Array(repeating: cores, count: profile.vcpus), emulator: CPUSet([0, 1]),
                ioThreads: Array(repeating: CPUSet([0, 1]), count: profile.ioThreads), weight: 100),
            memory: VMPlacement.Memory(bytes: UInt64(profile.maximumMemoryMiB ?? profile.memoryMiB) << 20),
            devices: profile.demand(of: World.vm(), named: "", mac: CloneIdentity(job: World.jobID(1)).mac).devices
                .enumerated().map { VMPlacement.Device(address: PCIAddress("0000:0\($0):00.0")!, mac: $1.mac) },
            mediatedDevices: [
                VMPlacement.MediatedDevice(
                    parent: PCIAddress("0000:00:02.0")!, type: MediatedTypeID("i915-GVTg_V5_4")!,
                    id: MediatedDeviceID(vm: World.vm(), number: 0))
            ])
    }

    private static func profile(seed: UInt64) -> Profile {
        var random = SeededGenerator(seed: seed)
        var profile = Profile()
        profile.memoryMiB = .random(in: 64...65536, using: &random)
        if Bool.random(using: &random) { profile.maximumMemoryMiB = profile.memoryMiB + 1000 }
        profile.vcpus = .random(in: 1...16, using: &random)
        profile.pinning = VMDemand.Pinning.allCases.randomElement(using: &random)!
        profile.hugePages = MemoryDemand.HugePages.allCases.randomElement(using: &random)!
        if Bool.random(using: &random) { profile.weight = .random(in: 1...10000, using: &random) }
        profile.guestOS = GuestOS.allCases.randomElement(using: &random)!
        profile.hidesHypervisor = .random(using: &random)
        if Bool.random(using: &random) { profile.usbDevices = [USBDeviceID("064f:2af9")!, USBDeviceID("0483:5740")!] }
        profile.secureBoot = .random(using: &random)
        profile.tpm = .random(using: &random)
        let networks: [Profile.Network] = [
            .user, .bridge("br1"), .macvtap("eth0"), .network("default"), Profile.Network("sriov:8086:1521")!,
        ]
        profile.networks = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            networks.randomElement(using: &random)!
        }
        profile.console = VMConsole.allCases.randomElement(using: &random)!
        // Of virgl libvirt asks what QEMU was built with.
        profile.graphics =
            GraphicsDemand.allCases.filter { $0 != .virgl }.randomElement(using: &random) ?? .virtio
        profile.ioThreads = .random(in: 0...3, using: &random)
        profile.diskBus = DiskBus.allCases.randomElement(using: &random)!
        if Bool.random(using: &random) { profile.dataDiskGiB = 10 }
        profile.diskCache = DiskCache.allCases.randomElement(using: &random)!
        if Bool.random(using: &random) { profile.discardGranularityKiB = 32 }
        if Bool.random(using: &random) {
            var raw = Profile.HostDisk(file: "/srv/archive.raw")
            raw.readOnly = profile.diskBus != .sata && .random(using: &random)
            var device = Profile.HostDisk(device: "/dev/disk/by-id/usb-1")
            device.snapshot = InSnapshots.allCases.randomElement(using: &random)!
            profile.hostDisks = [raw, device]
        }
        if Bool.random(using: &random) { profile.shares = [Profile.Share(directory: "/srv/projects", tag: "projects")] }
        profile.usbRedirections = .random(in: 0...4, using: &random)
        profile.webDAV = .random(using: &random)
        if Bool.random(using: &random) {
            profile.topology = VMPlacement.GuestTopology(sockets: profile.vcpus, cores: 1)
        }
        profile.seed = profile.guestOS == .windows ? .unattend : Seed.allCases.prefix(2).randomElement(using: &random)!
        profile.consoleLog = .random(using: &random)
        if Bool.random(using: &random) {
            profile.hostDevices = [
                DeviceSelector(role: .gpu), DeviceSelector(role: .nvme, snapshot: .no),
                DeviceSelector(id: PCIDeviceID("10de:1c82")),
                DeviceSelector(role: .gpu, mdevType: MediatedTypeID("nvidia-256")),
            ]
        }
        if Bool.random(using: &random) {
            profile.guestCommands = [
                GuestCommand(
                    name: ResourceName("state")!, path: #"C:\Tools & <more>\"state".exe"#, arguments: ["/q", "ä'"])
            ]
        }
        return profile
    }
}

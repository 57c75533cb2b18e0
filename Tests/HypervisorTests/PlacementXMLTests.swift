import FleetModel
import FleetTestSupport
import Subprocess
import Testing

@testable import Hypervisor

/// What a placement says, in domain XML and back.
@Suite struct PlacementXMLTests {
    private static let card = PCIAddress("0000:01:00.0")!
    private static let sound = PCIAddress("0000:01:00.1")!

    private static let placement = VMPlacement(
        processors: VMPlacement.Processors(
            topology: VMPlacement.GuestTopology(cores: 2, threads: 2), ownsCores: true,
            vcpus: [2, 10, 3, 11].map { CPUSet([$0]) }, emulator: CPUSet([0, 8]),
            ioThreads: [CPUSet([0, 8]), CPUSet([0, 8])], weight: 400),
        memory: VMPlacement.Memory(
            bytes: 6 << 30,
            hugePages: VMPlacement.HugePages(sizeBytes: 2 << 20, nodes: [.init(node: 1, count: 3072)]),
            binding: VMPlacement.NodeBinding(mode: .strict, nodes: [1])),
        devices: [VMPlacement.Device(address: card, companions: [sound])],
        mediatedDevices: [
            VMPlacement.MediatedDevice(
                parent: PCIAddress("0000:00:02.0")!, type: MediatedTypeID("i915-GVTg_V5_4")!,
                id: MediatedDeviceID("6b5f0f1e-0d83-5c1c-8a51-1f2ad2f3e0aa"))
        ])

    private static func demand(_ specification: DomainSpecification) -> VMDemand {
        VMDemand(
            id: specification.id, name: specification.name, vcpus: specification.vcpus,
            memory: MemoryDemand(minimumBytes: 4 << 30, maximumBytes: 8 << 30, hugePages: .twoMiB),
            pinning: .dedicated, weight: 400, ioThreads: specification.ioThreads,
            devices: [
                DeviceSelector(role: .gpu),
                DeviceSelector(
                    deviceClass: PCIClass("0403"), id: PCIDeviceID("10de:228b"), portPath: "0000:00/01.0/00.1 <&>"),
                DeviceSelector(role: .gpu, mdevType: MediatedTypeID("i915-GVTg_V5_4")),
                DeviceSelector(role: .nvme, snapshot: .no),
            ])
    }

    private static var placed: DomainSpecification {
        var specification = DomainXMLTests.full
        specification.demand = demand(specification)
        specification.placement = placement
        return specification
    }

    /// The reader does not know what came along with what.
    private static var read: VMPlacement {
        var placement = placement
        placement.devices = [card, sound].map { VMPlacement.Device(address: $0) }
        return placement
    }

    @Test func aPlacedGuestBecomesThisXML() throws {
        #expect(try GoldenFile("placed.xml").difference(from: Self.placed.xml()) == nil)
    }

    @Test func libvirtsSchemaKnowsIt() async throws {
        let output = try await Subprocess.run("virt-xml-validate", [GoldenFile("placed.xml").path, "domain"])
        #expect(output.status == 0, "\(output.text) \(output.errorText)")
    }

    @Test func demandAndPlacementAreReadBack() throws {
        let definition = try DomainDefinition(xml: Self.placed.xml())
        #expect(definition.demand == Self.placed.demand)
        #expect(definition.placement == Self.read)
        #expect(definition.origin == Fixtures.origin)
    }

    @Test func whatIsNotPlacedIsEverywhere() throws {
        let definition = try DomainDefinition(xml: DomainXMLTests.full.xml())
        #expect(definition.demand == nil)
        let nowhere = CPUSet([])
        #expect(
            definition.placement
                == VMPlacement(
                    processors: VMPlacement.Processors(
                        topology: VMPlacement.GuestTopology(cores: 4), ownsCores: false,
                        vcpus: [nowhere, nowhere, nowhere, nowhere], emulator: nowhere, ioThreads: [nowhere, nowhere],
                        weight: 100),
                    memory: VMPlacement.Memory(bytes: 4 << 30)))
    }

    @Test(arguments: [
        ("pinning='dedicated'", "pinning='whole'"), ("weight='400'", "weight='much'"),
        ("maximumMemory=", "mostMemory="), ("role='gpu'", "role='card'"), ("role='gpu'", "tint='red'"),
        ("role='gpu'", "role='gpu' mac='none'"), ("mdevType='i915-GVTg_V5_4'", "mdevType='i915'"),
        ("hugePages='2M'", "hugePages='4M'"),
    ])
    func aDemandThatIsNotUnderstoodIsNone(what: String, by: String) throws {
        let xml = Self.placed.xml()
        #expect(xml.contains(what))
        let definition = try DomainDefinition(xml: xml.replacing(what, with: by))
        #expect(definition.demand == nil && definition.origin == Fixtures.origin)
    }

    @Test func aDefinitionIsPlacedAnew() throws {
        let foreign = """
            <hostdev mode='subsystem' type='pci' managed='no'><source>
            <address domain='0' bus='9' slot='0' function='0'/></source></hostdev>
            """
        let before = DomainXMLTests.full.xml()
            .replacing("</devices>", with: foreign + "</devices>")
            .replacing("<vcpu>", with: "<cputune><period>1000</period></cputune><vcpu>")
        let after = try Self.placement.applied(to: before)
        var definition = try DomainDefinition(xml: after)
        #expect(definition.placement.processors == Self.placement.processors)
        #expect(definition.placement.memory == Self.placement.memory)
        #expect(definition.hostDevices == [PCIAddress("0000:09:00.0"), Self.card, Self.sound])
        #expect(after.contains("<period>1000</period>"))
        // All else is as it was.
        let original = try DomainDefinition(xml: before)
        definition.placement = original.placement
        definition.hostDevices = original.hostDevices
        definition.placedDevices = original.placedDevices
        definition.mediatedDevices = original.mediatedDevices
        definition.memoryBytes = original.memoryBytes
        definition.memoryObstacle = original.memoryObstacle
        #expect(definition == original)
        // And back again, but for what the guest sees of its memory's size.
        #expect(try DomainDefinition(xml: original.placement.applied(to: after)).placement == original.placement)
    }

    /// What a real libvirt makes of it on a machine that has no such device.
    @Test func libvirtKnowsAMediatedDeviceAndStartsNoVMWithoutIt() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            var placement = try DomainDefinition(xml: guest.xml()).placement
            placement.mediatedDevices = Self.placement.mediatedDevices
            let defined = try await hypervisor.define(placement.applied(to: guest.xml()))
            #expect(defined.mediatedDevices == placement.mediatedDevices.compactMap(\.id))
            #expect(defined.placement?.mediatedDevices == placement.mediatedDevices)
            let error = await #expect(throws: HypervisorError.self) { try await hypervisor.start(guest.id) }
            // Without VFIO, or without the device.
            let reasons = ["Mediated host device assignment requires VFIO", "6b5f0f1e-0d83-5c1c-8a51-1f2ad2f3e0aa"]
            #expect(reasons.contains { error?.message.contains($0) == true }, "\(String(describing: error))")
            #expect(try await hypervisor.domain(guest.id).state == .shutoff)
        }
    }

    @Test func aDeviceThatStaysKeepsItsPlaceInTheGuest() throws {
        let place = "<address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>"
        let alias = "<alias name='ua-virtfleet-0000-01-00-0'/>"
        let before = Self.placed.xml().replacing(alias, with: alias + place)
        #expect(before.contains(place))
        let same = try Self.placement.applied(to: before).replacing("\"", with: "'")
        #expect(same.contains(place) && same.contains("ua-virtfleet-0000-01-00-1"))
        var other = Self.placement
        other.devices = [VMPlacement.Device(address: PCIAddress("0000:02:00.0")!)]
        let moved = try other.applied(to: before).replacing("\"", with: "'")
        #expect(!moved.contains(place))
        #expect(try DomainDefinition(xml: moved).hostDevices == [PCIAddress("0000:02:00.0")])
    }

    /// Another virtual function than at its last start, and for the guest the same card in the same slot.
    @Test func aNetworkCardStaysOneThatIsAnotherFunctionNow() throws {
        let mac = MACAddress("52:54:00:12:34:56")!
        func placement(_ function: String) -> VMPlacement {
            var placement = Self.placement
            placement.devices = [VMPlacement.Device(address: PCIAddress(function)!, mac: mac)]
            return placement
        }
        let place = "<address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>"
        let alias = "<alias name='ua-virtfleet-0000-02-10-1'/>"
        let first = try placement("0000:02:10.1").applied(to: Self.placed.xml()).replacing("\"", with: "'")
        #expect(first.contains("<interface type='hostdev' managed='yes'>") && first.contains("<mac address='\(mac)'/>"))
        #expect(try DomainDefinition(xml: first).placement.devices == placement("0000:02:10.1").devices)
        #expect(try DomainDefinition(xml: first).placedDevices == [PCIAddress("0000:02:10.1")])
        let second = try placement("0000:02:10.2").applied(to: first.replacing(alias, with: alias + place))
            .replacing("\"", with: "'")
        #expect(second.contains(place) && !second.contains(alias))
        #expect(try DomainDefinition(xml: second).placement.devices == placement("0000:02:10.2").devices)
        #expect(try Self.placement.applied(to: second).contains("hostdev' managed") == false)
        var specification = Self.placed
        specification.demand?.devices = [DeviceSelector(role: .nic, virtualFunction: true, mac: mac)]
        #expect(try DomainDefinition(xml: specification.xml()).demand == specification.demand)
    }

    /// A share of another device than at its last start, and for the guest the same device in the same slot.
    @Test func aMediatedDeviceStaysOneThatIsMadeElsewhereNow() throws {
        let place = "<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>"
        let alias = "<alias name='ua-virtfleet-mdev-0-0000-00-02-0-i915-GVTg_V5_4'/>"
        let foreign =
            "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
            + "<address uuid='00000000-0000-4000-8000-000000000001'/></source></hostdev>"
        let before = Self.placed.xml().replacing(alias, with: alias + place)
            .replacing("</devices>", with: foreign + "</devices>")
        #expect(before.contains(place))
        let known = try DomainDefinition(xml: before)
        #expect(known.placement.mediatedDevices == Self.placement.mediatedDevices)
        #expect(known.mediatedDevices.count == 2 && known.memoryObstacle != nil)
        var other = Self.placement
        other.mediatedDevices[0].parent = PCIAddress("0000:03:00.0")!
        other.mediatedDevices[0].type = MediatedTypeID("nvidia-256")!
        let moved = try other.applied(to: before).replacing("\"", with: "'")
        #expect(moved.contains(place) && !moved.contains(alias))
        #expect(try DomainDefinition(xml: moved).placement.mediatedDevices == other.mediatedDevices)
        other.mediatedDevices = []
        let without = try DomainDefinition(xml: other.applied(to: moved))
        #expect(without.mediatedDevices == [MediatedDeviceID("00000000-0000-4000-8000-000000000001")!])
        #expect(without.placement.mediatedDevices == [])
    }

    /// A tool may write any alias.
    @Test(arguments: ["ua-virtfleet-mdev-0-0000-00-02", "ua-virtfleet-mdev-0-0000-00-02-9-nvidia-1", "ua-other"])
    func anAliasThatSaysNothingIsNoPlacement(alias: String) throws {
        let xml = Self.placed.xml().replacing("ua-virtfleet-mdev-0-0000-00-02-0-i915-GVTg_V5_4", with: alias)
        let definition = try DomainDefinition(xml: xml)
        #expect(definition.placement.mediatedDevices == [] && definition.mediatedDevices.count == 1)
    }

    @Test func whatOthersWriteIsRead() throws {
        let xml = DomainXMLTests.full.xml()
            .replacing("<vcpu>4", with: "<vcpu placement='static' cpuset='1-3,5'>4")
            .replacing("<memoryBacking>", with: "<memoryBacking><hugepages/>")
            .replacing(
                "<iothreads>",
                with: """
                    <numatune><memory mode='interleave' nodeset='0-2'/></numatune>
                    <cputune><vcpupin vcpu='1' cpuset='7'/><vcpupin vcpu='99' cpuset='7'/><vcpupin vcpu='2' cpuset='^4'/>
                    <shares>2048</shares></cputune><iothreads>
                    """)
        let placement = try DomainDefinition(xml: xml).placement
        let set = CPUSet([1, 2, 3, 5])
        #expect(placement.processors.vcpus == [set, CPUSet([7]), set, set])
        #expect(placement.processors.emulator == set && !placement.processors.ownsCores)
        #expect(placement.processors.weight == 2048)
        #expect(placement.memory.binding == nil)
        #expect(placement.memory.hugePages?.nodes.map(\.count) == [684, 682, 682])
    }

    /// A definition comes from whoever may talk to libvirt.
    @Test func numbersWithoutSenseEndNothing() throws {
        for count in ["99999999999", "-3", "0"] {
            let xml = Self.placed.xml().replacing("<vcpu>4", with: "<vcpu>\(count)")
                .replacing("<iothreads>2", with: "<iothreads>\(count)")
                .replacing("cpuset='0,8'", with: "cpuset='0-\(count)'").replacing(
                    "size='2048'", with: "size='\(count)'")
            _ = try DomainDefinition(xml: xml).placement
        }
    }
}

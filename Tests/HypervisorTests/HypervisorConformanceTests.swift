import FleetModel
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Testing

/// What every hypervisor does, in memory and for real.
@Suite struct HypervisorConformanceTests {
    @Test(arguments: HypervisorKind.allCases)
    func aDomainLivesFromDefinitionToUndefinition(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            let defined = try await hypervisor.define(guest.xml())
            #expect(
                defined
                    == Domain(
                        id: guest.id, name: "vm-1", state: .shutoff, memoryBytes: 128 << 20, vcpus: 1,
                        guestAgent: false, origin: Fixtures.origin,
                        placement: VMPlacement(
                            processors: VMPlacement.Processors(
                                topology: VMPlacement.GuestTopology(cores: 1), ownsCores: false, vcpus: [CPUSet([])],
                                emulator: CPUSet([]), weight: 100),
                            memory: VMPlacement.Memory(bytes: 128 << 20)), genID: guest.genID,
                        macAddresses: guest.networks.map(\.mac)))
            #expect(try await hypervisor.domains() == [defined])
            try await hypervisor.setAutostart(guest.id, true)
            #expect(try await hypervisor.domain(guest.id).autostart)
            try await hypervisor.setAutostart(guest.id, false)
            #expect(try await hypervisor.domains() == [defined])

            try await hypervisor.start(guest.id)
            #expect(try await hypervisor.domain(guest.id).state == .running)
            try await hypervisor.destroy(guest.id)
            #expect(try await hypervisor.domain(guest.id).state == .shutoff)
            try await hypervisor.undefine(guest.id)
            #expect(try await hypervisor.domains() == [])

            var seen: [String] = []
            while seen.last != "undefined removed", let event = await hypervisor.events.next() {
                if let lifecycle = event.lifecycle { seen.append(lifecycle) }
            }
            // Between these libvirt also tells of QEMU's own steps.
            let steps: Set = ["defined added", "started booted", "stopped destroyed", "undefined removed"]
            #expect(
                seen.filter(steps.contains) == [
                    "defined added", "started booted", "stopped destroyed", "undefined removed",
                ])
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func actionsThatTheStateForbidsAreRefused(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            _ = try await hypervisor.define(guest.xml())
            await expectError(.invalidState) { try await hypervisor.destroy(guest.id) }
            await expectError(.invalidState) { try await hypervisor.shutdown(guest.id) }
            await expectError(.invalidState) {
                _ = try await hypervisor.guestAgentAnswers(guest.id, within: .seconds(1))
            }
            await expectError(.invalidState) { try await hypervisor.resizeDisk(guest.id, "sda", to: 1 << 30) }
            await expectError(.invalidState) {
                _ = try await hypervisor.startProgram(guest.id, "/bin/true", [], within: .seconds(1))
            }
            try await hypervisor.start(guest.id)
            await expectError(.invalidState) { try await hypervisor.start(guest.id) }
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aGuestIsSuspendedResumedAndRestarted(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            _ = try await hypervisor.define(guest.xml())
            for verb in [hypervisor.suspend, hypervisor.resume, hypervisor.reboot, hypervisor.reset] {
                await expectError(.invalidState) { try await verb(guest.id) }
            }
            try await hypervisor.start(guest.id)
            await expectError(.invalidState) { try await hypervisor.resume(guest.id) }
            try await hypervisor.suspend(guest.id)
            #expect(try await hypervisor.domain(guest.id).state == .paused)
            try await hypervisor.suspend(guest.id)
            try await hypervisor.resume(guest.id)
            #expect(try await hypervisor.domain(guest.id).state == .running)
            try await hypervisor.reboot(guest.id)
            try await hypervisor.reset(guest.id)
            let restarted = await next(hypervisor) { event -> Bool? in
                guard case .reboot(guest.id, _) = event else { return nil }
                return true
            }
            #expect(restarted == true)
            try await hypervisor.destroy(guest.id)
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aDomainThatIsOffIsRenamed(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            let guest = Fixtures.guest("old", files: files.path)
            let other = Fixtures.guest("other", files: files.path)
            for guest in [guest, other] { _ = try await hypervisor.define(guest.xml()) }
            try await hypervisor.setAutostart(guest.id, true)
            let before = try await hypervisor.definition(of: guest.id)
            await expectError(.alreadyExists) { try await hypervisor.rename(guest.id, "other") }
            try await hypervisor.rename(guest.id, "new")
            let after = try await hypervisor.definition(of: guest.id)
            #expect(after == before.replacing("<name>old</name>", with: "<name>new</name>") && after != before)
            #expect(try await hypervisor.domain(guest.id).autostart)
            #expect(Set(try await hypervisor.domains().map(\.name)) == ["new", "other"])
            let event = await next(hypervisor) { event -> String? in
                guard case .lifecycle(guest.id, let name, "defined", "renamed") = event else { return nil }
                return name
            }
            #expect(event == "new")
            try await hypervisor.start(guest.id)
            await expectError(.invalidState) { try await hypervisor.rename(guest.id, "newer") }
            try await hypervisor.destroy(guest.id)
            await expectError(.noSuchDomain) { try await hypervisor.rename(.random(), "nobody") }
            try await hypervisor.undefine(guest.id)
            #expect(try await hypervisor.domains().map(\.name) == ["other"])
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aGuestThatIsSavedGoesOnAtItsNextStart(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path)
            guest.power.onSleep = .save
            #expect(try await hypervisor.define(guest.xml()).power == guest.power)
            await expectError(.invalidState) { try await hypervisor.save(guest.id) }
            try await hypervisor.start(guest.id)
            try await hypervisor.save(guest.id)
            #expect(try await hypervisor.domain(guest.id).state == .shutoff)
            #expect(try await hypervisor.hasManagedSave(guest.id))
            try await hypervisor.start(guest.id)
            #expect(try await hypervisor.domain(guest.id).state == .running)
            #expect(try await !hypervisor.hasManagedSave(guest.id))
            try await hypervisor.destroy(guest.id)
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aGuestsThreadsGoWhereTheyAreSent(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path)
            guest.ioThreads = 1
            let (first, second) = (CPUSet([0]), CPUSet([1]))
            var placement = VMPlacement(
                processors: VMPlacement.Processors(
                    topology: VMPlacement.GuestTopology(cores: 1), ownsCores: true, vcpus: [second], emulator: first,
                    ioThreads: [first], weight: 300),
                memory: VMPlacement.Memory(bytes: guest.memoryBytes))
            guest.placement = placement
            #expect(try await hypervisor.define(guest.xml()).placement == placement)
            await expectError(.invalidState) { try await hypervisor.pin(guest.id, to: placement.processors) }
            await expectError(.invalidState) { try await hypervisor.setWeight(guest.id, 200) }
            try await hypervisor.start(guest.id)
            #expect(try await hypervisor.domain(guest.id).placement == placement)

            placement.processors.vcpus = [CPUSet([0, 1])]
            placement.processors.ownsCores = false
            placement.processors.emulator = second
            placement.processors.ioThreads = [second]
            try await hypervisor.pin(guest.id, to: placement.processors)
            do throws(HypervisorError) {
                try await hypervisor.setWeight(guest.id, 200)
                placement.processors.weight = 200
            } catch {
                #expect([.invalidState, .unsupported].contains(error.code))
            }
            #expect(try await hypervisor.domain(guest.id).placement == placement)
            try await hypervisor.destroy(guest.id)
            #expect(try await hypervisor.domain(guest.id).placement == guest.placement)
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func anUnknownDomainIsNoSuchDomain(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, _ in
            let id = VMID.random()
            await expectError(.noSuchDomain) { _ = try await hypervisor.domain(id) }
            await expectError(.noSuchDomain) { _ = try await hypervisor.definition(of: id) }
            await expectError(.noSuchDomain) { try await hypervisor.start(id) }
            await expectError(.noSuchDomain) { try await hypervisor.setAutostart(id, true) }
            await expectError(.noSuchDomain) { try await hypervisor.shutdown(id) }
            await expectError(.noSuchDomain) { try await hypervisor.destroy(id) }
            for verb in [
                hypervisor.suspend, hypervisor.resume, hypervisor.save, hypervisor.reboot, hypervisor.reset,
            ] {
                await expectError(.noSuchDomain) { try await verb(id) }
            }
            await expectError(.noSuchDomain) { try await hypervisor.undefine(id) }
            await expectError(.noSuchDomain) { _ = try await hypervisor.guestAgentAnswers(id, within: .seconds(1)) }
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func definitionsAreCheckedAndReplaced(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path)
            _ = try await hypervisor.define(guest.xml())
            await expectError(.alreadyExists) {
                _ = try await hypervisor.define(Fixtures.guest(files: files.path).xml())
            }
            await expectError(.invalidDefinition) { _ = try await hypervisor.define("<domain") }
            await expectError(.invalidDefinition) { _ = try await hypervisor.define("<domain><name>x</name></domain>") }

            guest.memoryBytes = 192 << 20
            #expect(try await hypervisor.define(guest.xml()).memoryBytes == 192 << 20)
            let definition = try DomainDefinition(xml: try await hypervisor.definition(of: guest.id))
            #expect(definition.id == guest.id)
            #expect(definition.memoryBytes == 192 << 20)
            #expect(definition.macs == guest.networks.map(\.mac))
            #expect(definition.nvramPath == guest.firmware.nvramPath)
            #expect(definition.origin == Fixtures.origin)
            #expect(try await hypervisor.domains().count == 1)
            // A name is changed by `rename` alone.
            guest.name = "another"
            await expectError(.failed) { _ = try await hypervisor.define(guest.xml()) }
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func variablesComeFromTheTemplateOnceAndGoWithTheDomain(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            let nvram = guest.firmware.nvramPath
            _ = try await hypervisor.define(guest.xml())
            #expect(!FileManager.default.fileExists(atPath: nvram))
            try await hypervisor.start(guest.id)
            let template = try Data(contentsOf: URL(filePath: guest.firmware.nvramTemplatePath))
            #expect(try Data(contentsOf: URL(filePath: nvram)).count == template.count)
            try await hypervisor.destroy(guest.id)
            try Data(template.reversed()).write(to: URL(filePath: nvram))
            let own = try Data(contentsOf: URL(filePath: nvram))
            #expect(own != template)
            try await hypervisor.undefine(guest.id)
            #expect(!FileManager.default.fileExists(atPath: nvram))
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aMissingDiskIsNamedWhenTheDomainStarts(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path)
            guest.disks = [DomainSpecification.Disk(path: files.file("missing.qcow2"), format: .qcow2)]
            _ = try await hypervisor.define(guest.xml())
            let error = await #expect(throws: HypervisorError.self) { try await hypervisor.start(guest.id) }
            #expect(error?.code == .failed)
            #expect(error?.message.contains("missing.qcow2") == true)
            #expect(try await hypervisor.domain(guest.id).state == .shutoff)
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func aUSBDeviceThatIsNotPluggedInIsNotHandedOver(_ kind: HypervisorKind) async throws {
        let dongle = try #require(USBDeviceID("064f:2af9"))
        try await kind.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            _ = try await hypervisor.define(guest.xml())
            await expectError(.invalidState) { try await hypervisor.plug(guest.id, dongle) }
            try await hypervisor.start(guest.id)
            await expectError(.failed) { try await hypervisor.plug(guest.id, dongle) }
            await expectError(.failed) { try await hypervisor.unplug(guest.id, dongle) }
            #expect(try DomainDefinition(xml: await hypervisor.liveDefinition(of: guest.id)).usbDevices == [])
        }
    }

    @Test(arguments: HypervisorKind.allCases)
    func statisticsCoverEveryDomain(_ kind: HypervisorKind) async throws {
        try await kind.run { hypervisor, files in
            let running = Fixtures.guest("running", files: files.path)
            let stopped = Fixtures.guest("stopped", files: files.path)
            for guest in [running, stopped] { _ = try await hypervisor.define(guest.xml()) }
            try await hypervisor.start(running.id)
            let statistics = try await hypervisor.statistics()
            let values = Dictionary(uniqueKeysWithValues: statistics.map { ($0.name, $0.values) })
            #expect(Set(values.keys) == ["running", "stopped"])
            #expect(values["running"]?["state.state"] == .integer(1))
            #expect(values["stopped"]?["state.state"] == .integer(5))
            #expect(values["running"]?["cpu.time"] != nil)
            #expect(values["stopped"]?["cpu.time"] == nil)
        }
    }
}

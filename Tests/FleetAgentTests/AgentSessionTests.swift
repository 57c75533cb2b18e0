import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import MessageBus
import Provisioning
import Testing

@testable import FleetAgent

private struct PCIPart: Decodable {
    let devices: [PCIDevice]
}

@Suite struct AgentSessionTests {
    private static let parts = Set(InventoryPart.allCases).subtracting([.templates])
    private let vm = VMID.random()

    @Test func whatTheHostIsAndItsVMsReachTheBus() async throws {
        let world = try AgentWorld()
        try await world.run(before: { _ = try await $0.define(domainXML(vm)) }) { _ in
            try await world.until("the presence tells of everything") {
                guard let presence = try world.presence() else { return false }
                return presence.state == .online && presence.vms == [vm] && presence.recorded != nil
                    && Set(presence.inventory.keys) == Self.parts
            }
            let document = try #require(try world.document(vm))
            #expect(document.name == "office" && document.state == .shutoff && document.memoryBytes == 4 << 30)
            let presence = try #require(try world.presence())
            for (part, digest) in presence.inventory {
                let message = try #require(
                    world.broker.retained(Topic.inventory(world.host, part).name(in: world.fleet)))
                #expect(message.userProperty(InventoryPart.digestProperty) == digest.description)
            }
        }
        #expect(try world.presence()?.state == .offline, "a clean end says so, and no will follows")
    }

    @Test func aDeviceThatADefinitionGivesAwayIsNoneForOtherVMs() async throws {
        let world = try AgentWorld()
        for (file, text) in [("class", "0x020000"), ("vendor", "0x8086"), ("device", "0x1521")] {
            try world.writeHostFile("/sys/bus/pci/devices/0000:01:00.0/\(file)", text + "\n")
        }
        func reason() throws -> String? {
            let part = try world.retained(.inventory(world.host, .pci), as: PCIPart.self)
            return part?.devices.first?.passthrough.reason
        }
        try await world.run { life in
            try await world.until("the device is published") { try reason() != nil }
            #expect(try reason()?.contains("plc") == false)
            let given = """
                <hostdev mode='subsystem' type='pci'><source><address bus='1' slot='0' function='0'/></source></hostdev>
                """
            func define(_ id: VMID, _ name: String, metadata: String = "") async throws {
                let xml = domainXML(id, name).replacing("</devices>", with: given + "</devices>" + metadata)
                _ = try await life.hypervisor.define(xml)
            }
            // What virtfleet's own VM gets is decided anew at its start, and it has it until it stops.
            let job = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
            let own = CloneIdentity(job: JobID(job)!).vm
            try await define(
                own, "own",
                metadata: """
                    <metadata><v:vm xmlns:v="https://virtfleet.dev/xmlns/vm/1" job="\(job)" profile="p"
                    template="\(String(repeating: "ab", count: 32))"><v:demand pinning="shared" minimumMemory="1"
                    maximumMemory="1" hugePages="none"/></v:vm></metadata>
                    """)
            try await define(vm, "plc")
            func untilNamed(_ name: String) async throws {
                try await world.until("\(name) is named") {
                    try reason()?.contains("assigned to the VM \(name)") == true
                }
            }
            try await untilNamed("plc")
            try await life.hypervisor.start(own)
            try await untilNamed("own")
            try await life.hypervisor.destroy(own)
            try await untilNamed("plc")
        }
    }

    @Test func whatAGuestTellsIsPublishedWhileItRuns() async throws {
        let world = try AgentWorld()
        let guest = GuestInformation(
            osName: "Windows 11", interfaces: [.init(name: "Ethernet", macAddress: nil, addresses: ["192.0.2.7/24"])])
        try await world.run(before: { hypervisor in
            _ = try await hypervisor.define(domainXML(vm))
            hypervisor.setGuest(InMemoryHypervisor.Guest(information: guest), of: vm)
        }) { life in
            try await world.until("known") { try world.document(vm)?.state == .shutoff }
            #expect(try world.document(vm)?.guest == nil)
            try await life.hypervisor.start(vm)
            try await world.until("the guest has told") { try world.document(vm)?.guest == guest }
            var renamed = guest
            renamed.hostname = "line-4"
            life.hypervisor.setGuest(InMemoryHypervisor.Guest(information: renamed), of: vm)
            try await life.hypervisor.destroy(vm)
            try await world.until("a guest that is off tells nothing") {
                try world.document(vm)?.state == .shutoff && world.document(vm)?.guest == nil
            }
            try await life.hypervisor.start(vm)
            try await world.until("it has told anew") { try world.document(vm)?.guest == renamed }
        }
    }

    @Test func aDeadConnectionLeavesTheWillAndTheNextOneANewBirth() async throws {
        let world = try AgentWorld()
        try await world.run { _ in
            try await world.until("online") { try world.presence()?.state == .online }
            let first = try #require(try world.presence()?.session)
            world.broker.setPartitioned(true, clientID: world.host.description)
            try await world.until("lost") { try world.presence()?.state == .lost }
            #expect(try world.presence()?.session == first, "the will belongs to the session that is lost")
            world.broker.setPartitioned(false, clientID: world.host.description)
            try await world.until("online again") { try world.presence()?.state == .online }
            #expect(try world.presence()?.session != first)
        }
    }

    @Test func eventsAreRecordedAndDocumentsFollow() async throws {
        let world = try AgentWorld()
        try await world.run(before: { _ = try await $0.define(domainXML(vm)) }) { life in
            try await world.until("known") { try world.document(vm)?.state == .shutoff }
            try await life.hypervisor.start(vm)
            try await world.until("running") { try world.document(vm)?.state == .running }
            try life.hypervisor.vanish(vm)
            try await world.until("its document is cleared") {
                let document = try world.document(vm)
                return try document == nil && world.presence()?.vms == []
            }
            try await world.until("every event is recorded, in order") {
                try await world.recorded(by: life) == [
                    "agent.started started", "hypervisor.connection connected", "vm.lifecycle defined",
                    "vm.lifecycle started", "vm.guest-agent connected", "vm.lifecycle stopped",
                    "vm.lifecycle undefined",
                ]
            }
        }
    }

    @Test func jobsLearnWhichVMsStoppedAndDocumentsWhereVMsRun() async throws {
        let world = try AgentWorld()
        try await world.run(before: { _ = try await $0.define(domainXML(vm)) }) { life in
            try await life.hypervisor.start(vm)
            try await world.until("it runs") { try world.document(vm)?.demand?.running != nil }
            var processors = try #require(try world.document(vm)?.demand?.running?.processors)
            processors.vcpus = processors.vcpus.map { _ in CPUSet([0]) }
            try await life.hypervisor.pin(vm, to: processors)
            world.jobs.moves.send(())
            try await world.until("its document tells where") {
                try world.document(vm)?.demand?.running?.processors.vcpus == processors.vcpus
            }
            #expect(world.jobs.stoppedVMs.isEmpty)
            try await life.hypervisor.destroy(vm)
            try await world.until("jobs know") { world.jobs.stoppedVMs == [vm] }
            try await world.until("it has nothing") { try world.document(vm)?.demand == nil }
        }
    }

    /// Virtual functions and mediated devices are taken away after the VM that had them has stopped.
    @Test func theHostIsLookedAtWhenWhatWasMadeOfItsDevicesMayBeGone() async throws {
        let world = try AgentWorld()
        let share =
            "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='\(UUID())'/></source></hostdev>"
        let xml = domainXML(vm).replacing("</devices>", with: share + "</devices>")
        try await world.run(before: { _ = try await $0.define(xml) }) { life in
            try await world.until("known") { try world.document(vm)?.state == .shutoff }
            let inspections = life.hypervisor.calls(of: .information)
            world.jobs.moves.send(())
            try await world.until("looked again") { life.hypervisor.calls(of: .information) > inspections }
        }
    }

    @Test func whatHappenedWhileTheAgentWasDownIsSynthesised() async throws {
        let world = try AgentWorld()
        let other = VMID.random()
        try await world.run(before: {
            _ = try await $0.define(domainXML(vm))
            _ = try await $0.define(domainXML(other, "plc"))
        }) { _ in
            try await world.until("both known") { try world.presence()?.vms == [vm, other].sorted() }
        }
        try await world.run(before: {
            try await $0.start(vm)
            try await $0.undefine(other)
            // What the daemon said while nobody listened is gone.
            while $0.events.count > 0 { _ = await $0.events.next() }
            try $0.reconnect()
        }) { life in
            try await world.until("the documents follow") {
                let gone = try world.document(other) == nil
                return try gone && world.document(vm)?.state == .running
            }
            let events = try await world.recorded(by: life)
            #expect(
                events == [
                    "agent.started started", "hypervisor.connection connected", "vm.lifecycle undefined (synthesised)",
                    "vm.lifecycle started (synthesised)",
                ])
        }
    }

    @Test func anUnreachableHypervisorIsUnknownAndInventoryStays() async throws {
        let world = try AgentWorld()
        try await world.run(before: { _ = try await $0.define(domainXML(vm)) }) { life in
            try await world.until("known") { try world.document(vm)?.state == .shutoff }
            let software = Topic.inventory(world.host, .software).name(in: world.fleet)
            try await world.until("libvirt is in the inventory") {
                world.broker.retained(software).map { String(decoding: $0.payload, as: UTF8.self).contains("9.0.0") }
                    == true
            }
            let before = world.broker.retained(software)
            life.hypervisor.disconnect()
            try await world.until("unknown") { try world.document(vm)?.state == .unknown }
            let inspections = life.hypervisor.calls(of: .information)
            try await world.until("looked again") { life.hypervisor.calls(of: .information) > inspections }
            #expect(world.broker.retained(software) == before)
            try life.hypervisor.reconnect()
            try await world.until("back") { try world.document(vm)?.state == .shutoff }
            let events = try await world.recorded(by: life)
            #expect(events.suffix(2) == ["hypervisor.connection disconnected", "hypervisor.connection connected"])
        }
    }

    @Test func jobsAndAcknowledgementsReachThoseWhoWait() async throws {
        let world = try AgentWorld()
        try await world.run { life in
            try await world.until("online") { try world.presence()?.recorded != nil }
            let controller = InMemoryBus(world.broker, clientID: "controller")
            await controller.connect { ConnectionAttempt(will: nil) }
            let store = StoreID.random()
            let position = StreamPosition(store: store, epoch: life.spool.epoch, seq: 1)
            try await world.until("the controller publishes") {
                let acknowledgement = BusMessage(
                    topic: Topic.ack(world.host).name(in: world.fleet),
                    payload: Array(try FleetJSON.encode(position)), retain: true)
                return (try? await controller.publish(acknowledgement)) != nil
            }
            try await controller.publish(
                BusMessage(topic: Topic.jobs(world.host).name(in: world.fleet), payload: Array("envelope".utf8)))
            try await world.until("both taken, and said") {
                let presence = try world.presence()
                return presence?.acked == position && presence?.jobsRevision == 1
            }
            #expect(world.jobs.envelopes.withLock { $0 } == [Array("envelope".utf8)])
            await controller.disconnect()
        }
    }

    @Test(.timeLimit(.minutes(1))) func aControllerThatComesGetsAgainWhatNobodyAcknowledged() async throws {
        let world = try AgentWorld()
        let controller = InMemoryBus(world.broker, clientID: "controller")
        try await controller.subscribe(Topic.stream(world.host).name(in: world.fleet), qos: .atLeastOnce)
        await controller.connect { ConnectionAttempt(will: nil) }
        #expect(await controller.events.next() == .connected(sessionPresent: false))
        func firstRecordArrives() async throws {
            while case .message(let message) = await controller.events.next() {
                if try FleetJSON.decode(StreamHeader.self, from: Data(message.payload)).seq == 1 { return }
            }
            Issue.record("the controller's bus has ended")
        }
        // The clock stands still: no timer sends anything.
        try await world.run { _ in
            try await firstRecordArrives()
            let presence = ControllerPresence(state: .online, session: .random(), version: "1", time: world.time.now())
            try await controller.publish(
                BusMessage(
                    topic: Topic.controller.name(in: world.fleet), payload: Array(try FleetJSON.encode(presence)),
                    retain: true))
            try await firstRecordArrives()
        }
        await controller.disconnect()
    }

    @Test func aBrokerThatLostEverythingIsToldAgain() async throws {
        let world = try AgentWorld()
        try await world.run(before: { _ = try await $0.define(domainXML(vm)) }) { _ in
            try await world.until("known") { try world.document(vm) != nil }
            world.broker.kill()
            world.broker.wipe()
            world.broker.start()
            try await world.until("born again") { try world.presence()?.vms == [vm] }
            try await world.until("told") { try world.document(vm) != nil }
            #expect(world.broker.retained(Topic.inventory(world.host, .cpu).name(in: world.fleet)) != nil)
        }
    }

    @Test func whatTheControllerMissesIsToldOnRequest() async throws {
        let world = try AgentWorld()
        try await world.run(before: { _ = try await $0.define(domainXML(vm)) }) { _ in
            try await world.until("known") { try world.document(vm) != nil }
            let controller = InMemoryBus(world.broker, clientID: "controller")
            try await controller.subscribe(Topic.everythingUp(in: world.fleet), qos: .atLeastOnce)
            await controller.connect { ConnectionAttempt(will: nil) }
            let cpu = Topic.inventory(world.host, .cpu).name(in: world.fleet)
            for lost in [cpu, Topic.vm(world.host, vm).name(in: world.fleet)] {
                let nothing = BusMessage(topic: lost, payload: [], retain: true)
                try await world.until("lost") { (try? await controller.publish(nothing)) != nil }
            }
            #expect(try world.document(vm) == nil)
            let request = Request(
                call: .publishInventory, parts: [.cpu], expiresAt: world.time.now().addingTimeInterval(1e6))
            let message = BusMessage(
                topic: Topic.request(world.host).name(in: world.fleet), payload: Array(try FleetJSON.encode(request)),
                correlationData: [7])
            try await world.until("asked") { (try? await controller.publish(message)) != nil }
            try await world.until("told") { try world.document(vm) != nil }
            #expect(world.broker.retained(cpu) != nil)
            var reply: BusMessage?
            while reply == nil, let event = await controller.events.next() {
                if case .message(let message) = event, message.topic.hasSuffix("/reply") { reply = message }
            }
            #expect(reply?.correlationData == [7])
            await controller.disconnect()
        }
    }

    @Test func aForeignSessionOnOurPresenceIsATwin() async throws {
        let world = try AgentWorld()
        try await world.run { life in
            try await world.until("online") { try world.presence()?.state == .online }
            let stranger = InMemoryBus(world.broker, clientID: "stranger")
            await stranger.connect { ConnectionAttempt(will: nil) }
            var presence = try #require(try world.presence())
            presence.session = .random()
            let message = BusMessage(
                topic: Topic.presence(world.host).name(in: world.fleet), payload: Array(try FleetJSON.encode(presence)),
                retain: true)
            try await world.until("said") { (try? await stranger.publish(message)) != nil }
            try await world.until("recorded") {
                try await world.recorded(by: life).contains("identity.twin twin")
            }
            await stranger.disconnect()
        }
    }

    @Test func malformedMessagesAreIgnored() async throws {
        let world = try AgentWorld()
        try await world.run { _ in
            try await world.until("online") { try world.presence()?.state == .online }
            let controller = InMemoryBus(world.broker, clientID: "controller")
            await controller.connect { ConnectionAttempt(will: nil) }
            for topic in [Topic.ack(world.host), .request(world.host), .presence(world.host)] {
                let message = BusMessage(topic: topic.name(in: world.fleet), payload: [0xFF, 0x00])
                try await world.until("said") { (try? await controller.publish(message)) != nil }
            }
            try await world.until("all three are told") {
                world.log.withLock { lines in lines.count { $0.contains("malformed") } } == 3
            }
            try await controller.publish(
                BusMessage(topic: Topic.jobs(world.host).name(in: world.fleet), payload: [1]))
            try await world.until("and what follows is taken") { world.jobs.envelopes.withLock { $0 } == [[1]] }
            await controller.disconnect()
        }
    }

    @Test func metricsAndClockJumps() async throws {
        let world = try AgentWorld()
        let reader = InMemoryBus(world.broker, clientID: "reader")
        try await reader.subscribe(Topic.metrics(world.host).name(in: world.fleet), qos: .atMostOnce)
        await reader.connect { ConnectionAttempt(will: nil) }
        try await world.run { life in
            try await world.until("a batch") { reader.statistics.received > 0 }
            world.time.jump(by: .seconds(86_400))
            try await world.until("noticed") {
                try await world.recorded(by: life).contains("clock.jumped forward")
            }
        }
        await reader.disconnect()
    }

    @Test func whatBecameOfTheHostMeanwhileIsTold() async throws {
        let world = try AgentWorld()
        try world.writeHostFile("/proc/sys/kernel/osrelease", "6.1.0-18\n")
        try world.writeHostFile("/proc/meminfo", "MemTotal: 16777216 kB\n")
        func changes(_ life: AgentWorld.Life) async throws -> [String] {
            try await world.recorded(by: life).filter { $0.hasPrefix("host.changed") }
        }
        try await world.run { life in
            try await world.until("online") { try world.presence()?.state == .online }
            #expect(try await changes(life) == [], "the first look is the baseline")
        }
        // Another kernel, and half of the memory, while the machine was off.
        try world.writeHostFile("/proc/sys/kernel/osrelease", "6.1.0-22\n")
        try world.writeHostFile("/proc/meminfo", "MemTotal: 8388608 kB\n")
        try await world.run { life in
            try await world.until("online") { try world.presence()?.state == .online }
            #expect(try await changes(life) == ["host.changed kernel", "host.changed memory"])
            // And while the agent runs.
            try world.writeHostFile("/proc/meminfo", "MemTotal: 16777216 kB\n")
            try await world.until("the next inspection tells") { try await changes(life).count == 3 }
        }
        try await world.run { life in
            try await world.until("online") { try world.presence()?.state == .online }
            #expect(try await changes(life) == [], "what was told is remembered")
        }
        let log = world.log.withLock { $0 }
        #expect(log.contains { $0.contains("the host has changed: memory 16.0 GiB -> 8.0 GiB") }, "\(log)")
    }
}

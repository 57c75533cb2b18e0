import FleetModel
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Provisioning
import Testing

@testable import FleetAgent

@Suite struct DomainRegistryTests {
    private let office = Domain(
        id: .random(), name: "office", state: .running, memoryBytes: 4 << 30, vcpus: 2, guestAgent: true)

    private func documents(_ actions: [DomainRegistry.Action]) -> [VMDocument] {
        actions.compactMap { if case .publish(let document) = $0 { document } else { nil } }
    }

    @Test func anUnreachableHypervisorMakesVMsUnknownNeverGone() {
        var registry = DomainRegistry(known: nil)
        #expect(documents(registry.on(.connected([office]))).map(\.state) == [.running])
        let actions = registry.on(.disconnected(reason: "end of file"))
        #expect(actions.first == .recordConnection(HostEvent(what: "disconnected", message: "end of file")))
        #expect(documents(actions).map(\.state) == [.unknown] && documents(actions).map(\.guestAgent) == [nil])
        #expect(!actions.contains(.withdraw(office.id)) && !actions.contains(.remember))
        #expect(registry.refreshed(office.id, nil).isEmpty, "an answer from before the loss says nothing")
        #expect(documents(registry.on(.connected([office]))).map(\.state) == [.running])
    }

    @Test func snapshotsAndDriftAreLookedAtAndToldOnce() {
        var registry = DomainRegistry(known: nil)
        let actions = registry.on(.connected([office]))
        #expect(actions.contains(.lookAtDetails(office.id)))
        #expect(documents(actions).map(\.snapshots) == [nil])
        let snapshot = VMSnapshot(
            id: JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!, name: ResourceName("clean")!, createdAt: Date(),
            consistency: .app, sizeBytes: 1)
        let drift = [SettingDifference(setting: "vcpu", found: "2", wanted: "4", isFixable: true)]
        let found = VMDetails(
            snapshots: SnapshotCatalogue.Snapshots(own: [snapshot], foreign: ["by-hand"]), drift: drift,
            guestCommands: [GuestCommand(name: ResourceName("state")!, path: "/usr/bin/true")])
        let told = documents(registry.told(office.id, found))
        #expect(told.map(\.snapshots) == [[snapshot]] && told.map(\.foreignSnapshots) == [["by-hand"]])
        #expect(told.map(\.drift) == [drift] && told.map(\.guestCommands) == [found.guestCommands])
        let redefined = HypervisorEvent.lifecycle(office.id, name: office.name, event: "defined", detail: "updated")
        #expect(registry.on(redefined).contains(.lookAtDetails(office.id)))
        #expect(registry.told(office.id, found).isEmpty)
        #expect(registry.told(.random(), found).isEmpty)
        #expect(documents(registry.on(.disconnected(reason: "eof"))).map(\.snapshots) == [[snapshot]])
        #expect(documents(registry.on(.connected([office]))).map(\.snapshots) == [[snapshot]])
    }

    @Test func whatAVMHasOfItsHostIsToldWhileItRuns() {
        let placement = VMPlacement(
            processors: .init(topology: .init(cores: 2), ownsCores: false, vcpus: [], emulator: CPUSet([]), weight: 1),
            memory: .init(bytes: 4 << 30))
        var foreign = office
        foreign.placement = placement
        var registry = DomainRegistry(known: nil)
        let told = documents(registry.on(.connected([foreign]))).map(\.demand)
        #expect(told.map(\.?.running) == [placement] && told.map(\.?.pinning) == [.shared], "of any VM")
        #expect(documents(registry.on(.disconnected(reason: "eof"))).map(\.demand) == [nil])
        foreign.state = .shutoff
        #expect(documents(registry.on(.connected([foreign]))).map(\.demand) == [nil])

        var own = foreign
        own.state = .running
        own.origin = .init(
            job: JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!, template: Digest(bytes: [UInt8](repeating: 1, count: 32))!,
            profile: "p")
        own.demand = VMDemand(
            id: office.id, name: "office", vcpus: 2, memory: .init(minimumBytes: 1, maximumBytes: 2), pinning: .focus)
        own.power.onSleep = .save
        let copy = documents(registry.refreshed(own.id, own))
        #expect(copy.map(\.demand?.pinning) == [.shared] && copy.map(\.power) == [nil], "a copy's is not its own")
        own.id = CloneIdentity(job: own.origin!.job).vm
        let made = documents(registry.refreshed(own.id, own))
        #expect(made.map(\.demand?.pinning) == [.focus] && made.map(\.power?.onSleep) == [.save])
    }

    @Test func neverReachedIsNotALoss() {
        var registry = DomainRegistry(known: [:])
        #expect(registry.on(.disconnected(reason: "no such socket")).isEmpty)
    }

    @Test func whatHappenedWhileTheAgentWasDownIsConcluded() {
        let gone = VMID.random()
        var registry = DomainRegistry(known: [
            office.id: known("office", .shutoff), gone: known("plc", .running),
        ])
        let actions = registry.on(.connected([office]))
        let events = actions.compactMap { action -> String? in
            if case .record(.vmLifecycle, let event) = action { "\(event.name) \(event.event)" } else { nil }
        }
        #expect(events == ["plc stopped", "plc undefined", "office started"])
        #expect(actions.contains(.withdraw(gone)))
        #expect(actions.last == .remember)
        #expect(registry.known == [office.id: known("office", .running)])
    }

    @Test func aRebootIsRecordedAndChangesNothing() {
        var registry = DomainRegistry(known: nil)
        _ = registry.on(.connected([office]))
        #expect(
            registry.on(.reboot(office.id, name: "office")) == [
                .record(.vmReboot, VMEvent(vm: office.id, name: "office", event: "reboot"))
            ])
    }

    @Test func aLifecycleEventIsRecordedThenTheDomainIsAskedFor() {
        var registry = DomainRegistry(known: nil)
        _ = registry.on(.connected([office]))
        let event = VMEvent(vm: office.id, name: "office", event: "undefined", detail: "removed")
        #expect(
            registry.on(.lifecycle(office.id, name: "office", event: "undefined", detail: "removed"))
                == [.record(.vmLifecycle, event), .refresh(office.id)])
        #expect(registry.refreshed(office.id, nil) == [.withdraw(office.id), .remember])
        #expect(registry.known == [:])
        #expect(registry.refreshed(office.id, nil) == [.withdraw(office.id)])
    }

    /// The kernel tells of a mediated device while a VM has it.
    @Test func aVMWithAMediatedDeviceThatStartsHasTheHostLookedAt() {
        var domain = office
        domain.mediatedDevices = [.random()]
        domain.state = .shutoff
        var registry = DomainRegistry(known: nil)
        _ = registry.on(.connected([domain]))
        #expect(!registry.refreshed(domain.id, domain).contains(.inspectHost))
        domain.state = .running
        #expect(registry.refreshed(domain.id, domain).contains(.inspectHost))
        #expect(!registry.refreshed(domain.id, domain).contains(.inspectHost))
        domain.state = .shutoff
        #expect(registry.refreshed(domain.id, domain).contains(.inspectHost))
    }

    @Test func knownDomainsSurviveInTheFile() throws {
        let directory = try TemporaryDirectory()
        let file = StateFile<KnownDomains>(path: directory.file("domains.json"))
        #expect(file.read() == nil)
        try file.write(KnownDomains(domains: [office.id: KnownDomain(office)]))
        #expect(file.read()?.domains == [office.id: KnownDomain(office)])
        try Data("{\"domains\": tru".utf8).write(to: URL(filePath: file.path))
        #expect(file.read() == nil)
    }

    private func known(_ name: String, _ state: VMDocument.State) -> KnownDomain {
        KnownDomain(Domain(id: office.id, name: name, state: state, memoryBytes: 0, vcpus: 1))
    }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
import Testing

/// A host of its own for one guest that runs: libvirt, an agent that can be killed, and the clone that its job 1 made.
struct HostWithGuest {
    let libvirt: PrivateLibvirt
    let agent: CrashingAgentUnderTest
    let vm: VMID
    let guest: GuestShell
    /// Where its VMs' files lie, when that is small.
    let disk: SmallFileSystem?

    /// - Parameters:
    ///   - profile: of the guest, which has answered when this returns.
    ///   - bytes: the size of a file system for the VMs' files alone; nil leaves them beside all others.
    init(profile: String = "tiny", roomForVMs bytes: Int? = nil) async throws {
        let directory = try TemporaryDirectory()
        // Before libvirt has mounts of its own, so that it sees this one.
        disk = try bytes.map { try SmallFileSystem(bytes: $0, at: "images/vms", of: directory) }
        libvirt = try PrivateLibvirt()
        try await libvirt.start()
        agent = try await CrashingAgentUnderTest(job: 1, profile: profile, on: libvirt, in: directory)
        try await agent.finish()
        vm = try #require(agent.reports.last?.vm)
        guest = GuestShell(uri: libvirt.uri, name: vm.description)
        try await guest.untilItAnswers()
    }

    /// A connection of the test's own, to be closed.
    func hypervisor() async throws -> LibvirtHypervisor {
        let hypervisor = try LibvirtHypervisor(
            uri: libvirt.uri, tpmStates: libvirt.tpmStates,
            logger: Logger(label: "test", level: .error, sink: { _, _ in }))
        _ = await hypervisor.events.next()
        return hypervisor
    }

    /// What the guest's firmware and TPM remember, or what a snapshot has kept of it.
    func state(in snapshot: Int? = nil) throws -> [Data] {
        let kept = snapshot.map { agent.path(of: "tpm", in: $0, ofCloneBy: 1) }
        return try [
            agent.path(of: "variables.fd", in: snapshot, ofCloneBy: 1),
            (kept ?? "\(libvirt.tpmStates)/\(vm)") + "/tpm2/tpm2-00.permall",
        ].map { try Data(contentsOf: URL(filePath: $0)) }
    }

    /// A snapshot of the guest, whose name is made of the job's number.
    func snapshot(_ number: Int, memory: Bool? = nil) -> SnapshotCreateArguments {
        SnapshotCreateArguments(vm: vm, name: ResourceName("s\(number)")!, memory: memory)
    }

    func revert(to snapshot: Int, start: Bool = true, memory: Bool? = nil) -> SnapshotRevertArguments {
        SnapshotRevertArguments(vm: vm, snapshot: CrashingAgentUnderTest.jobID(snapshot), start: start, memory: memory)
    }

    func deletion(of snapshot: Int) -> SnapshotArguments {
        SnapshotArguments(vm: vm, snapshot: CrashingAgentUnderTest.jobID(snapshot))
    }
}

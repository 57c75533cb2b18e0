import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
import Testing

/// The agent is killed with SIGKILL at every moment of a clone on a real libvirt, and started again.
@Suite struct CloneKillMatrixSystemTests {
    /// One VM, one guest, an agent that dies at every moment in turn: its guest runs through it all.
    @Test func aCloneThatDiesAtEachMomentInTurnBootsItsGuest() async throws {
        try await onLibvirt { libvirt, hypervisor in
            let agent = try await CrashingAgentUnderTest(job: 1, on: libvirt, content: 2222)
            var deaths = 0
            while try await agent.crash(at: "next") { deaths += 1 }
            #expect(deaths == Set(agent.points).count)
            #expect(deaths == 3 * 3 + 4)
            try await expectOneCompleteVM(of: agent, hypervisor)
            try await expectData(2222, in: hypervisor, at: libvirt)
        }
    }

    /// Each moment for itself: one death, one restart, one VM. Where a step was half done, its guest has the template's data.
    @Test func everyMomentOfDeathEndsWithOneVM() async throws {
        try await onLibvirt { libvirt, hypervisor in
            let first = try await CrashingAgentUnderTest(job: 0, on: libvirt)
            try await first.finish()
            try await removeAll(from: hypervisor)
            let moments = first.points
            #expect(moments.count == 3 * 3 + 4)
            for (number, moment) in moments.enumerated() {
                let content = 1111 * (number % 9 + 1)
                let agent = try await CrashingAgentUnderTest(job: number + 1, on: libvirt, content: content)
                #expect(try await agent.crash(at: moment), "\(moment) was not reached")
                try await agent.finish()
                try await expectOneCompleteVM(of: agent, hypervisor, "\(moment)")
                if moment.hasSuffix(":after-effect") {
                    try await expectData(content, in: hypervisor, at: libvirt, moment)
                }
                try await removeAll(from: hypervisor)
            }
        }
    }

    private func onLibvirt(_ body: (PrivateLibvirt, LibvirtHypervisor) async throws -> Void) async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let hypervisor = try LibvirtHypervisor(uri: libvirt.uri, logger: Logger(label: "test") { _, _ in })
        guard case .connected = await hypervisor.events.next() else {
            throw ProgramUnderTest.Failure("libvirtd at \(libvirt.uri) does not answer")
        }
        try await body(libvirt, hypervisor)
        await hypervisor.close()
        await libvirt.stop()
    }

    private func expectOneCompleteVM(
        of agent: CrashingAgentUnderTest, _ hypervisor: LibvirtHypervisor, _ moment: String = ""
    ) async throws {
        let domains = try await hypervisor.domains()
        #expect(domains.map(\.state) == [.running], "\(moment)")
        #expect(domains.first?.origin?.job == agent.job, "\(moment)")
        #expect(try agent.files == [agent.job.description: ["disk.qcow2", "tpm.made", "variables.fd"]], "\(moment)")
        #expect(try agent.recorded.map(\.state).filter(\.isTerminal) == [.succeeded], "\(moment)")
    }

    private func expectData(
        _ content: Int, in hypervisor: LibvirtHypervisor, at libvirt: PrivateLibvirt, _ moment: String = ""
    ) async throws {
        let vm = try #require(try await hypervisor.domains().first)
        let guest = GuestShell(uri: libvirt.uri, name: vm.name)
        try await guest.untilItAnswers()
        #expect(try await guest.read() == content, "\(moment)")
    }

    private func removeAll(from hypervisor: LibvirtHypervisor) async throws {
        for domain in try await hypervisor.domains() {
            try await hypervisor.destroy(domain.id)
            try await hypervisor.undefine(domain.id)
        }
    }
}

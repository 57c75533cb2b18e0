import FleetClient
import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// A controller with its broker, one host `ada` with a libvirt of its own, and the test's guest as template `tiny:1`.
struct OneHost {
    let controller: ControllerUnderTest
    let libvirt: PrivateLibvirt
    let agent: AgentUnderTest

    /// Returns when the host is online and the template is there.
    /// - Parameters:
    ///   - profiles: more than every `AgentUnderTest` has; what is added to its `bare`.
    ///   - environment: of the agent.
    init(profiles: [String: String] = [:], environment: [String: String] = [:]) async throws {
        controller = try await ControllerUnderTest()
        libvirt = try PrivateLibvirt()
        try await libvirt.start()
        agent = try await AgentUnderTest(
            "ada", of: controller, libvirt: libvirt.uri, tpmStates: libvirt.tpmStates, profiles: profiles,
            environment: environment)
        try await agent.start()
        try await virtfleet("template", "import", GuestImage.path, "--name", "tiny", "--version", "1")
    }

    /// Ends everything in order.
    func close() async {
        #expect(await agent.stop() == .status(0), "\(agent.program.log)")
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
        await libvirt.stop()
    }

    /// What lies where the agent keeps images and VMs.
    var images: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: agent.statePath + "/images").sorted() }
    }

    var client: FleetClient { controller.client }

    /// Runs a command that must succeed.
    /// - Returns: its output.
    @discardableResult
    func virtfleet(_ arguments: String...) async throws -> String {
        let output = try await controller.virtfleet(arguments)
        guard output.status == 0 else {
            throw ProgramUnderTest.Failure(
                """
                virtfleet \(arguments.joined(separator: " ")) ended with \(output.status): \(output.errorText)
                \(agent.program.log)
                """)
        }
        return output.text
    }

    func vm(_ name: String) async throws -> VMDocument? { try await client.vms().first { $0.vm.name == name }?.vm }

    /// The bodies of the host's VM events, oldest first.
    func vmEvents(_ type: EventType = .vmLifecycle) async throws -> [VMEvent] {
        try await client.events(host: "ada", type: type).reversed().map {
            try FleetJSON.decode(VMEvent.self, from: FleetJSON.encode($0.body))
        }
    }

    /// The states that the host reported of a job, oldest first.
    func reports(of job: JobID) async throws -> [JobState] {
        try await client.events(host: "ada", type: .jobStatus).reversed().map {
            try FleetJSON.decode(JobReport.self, from: FleetJSON.encode($0.body))
        }.filter { $0.job == job }.map(\.state)
    }

    /// Makes `tiny:2`: the same guest, with 7777 where it would write a number.
    func importNextVersion() async throws {
        let image = agent.directory.file("next.qcow2")
        try GuestImage.copy(to: image)
        try await GuestImage.write(7777, to: image)
        try await virtfleet("template", "import", image, "--name", "tiny", "--version", "2")
    }

    /// Asks for a clone without waiting for it.
    func requestClone(_ name: String, profile: String = "bare", start: Bool = true) async throws -> JobID {
        let arguments: JSONValue = .object([
            "name": .string(name), "template": .string("tiny"), "version": .string("1"), "profile": .string(profile),
            "start": .bool(start),
        ])
        return try await client.requestJob(
            JobRequest(host: "ada", kind: JobKindName.vmClone.rawValue, arguments: arguments)
        ).id
    }
}

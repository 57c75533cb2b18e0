import FleetModel
import FleetRuntime
import Hypervisor
import Placement
import Synchronization

/// `guest.exec`: runs one of the commands that the VM's own profile names. Program and arguments are its, so that no job can
/// bring another one. Nothing tells afterwards that it was this job that ran it: after a crash it is not run again.
struct ExecInGuest: JobKind {
    static let name = JobKindName.guestExec

    let arguments: ExecArguments
    private let run = Run()
    var vm: VMID { arguments.vm }
    var locks: Set<String> { ["vm \(vm)"] }
    var result: JobResult? { run.state.withLock(\.result).map(JobResult.command) }

    init(job: JobID, arguments: ExecArguments) { self.arguments = arguments }

    /// What is known only while this agent lives.
    fileprivate final class Run: Sendable {
        struct State {
            var process: Int?
            var result: GuestCommandResult?
        }
        let state = Mutex(State())
    }

    struct Plan: Codable, Equatable, Sendable {
        var command: GuestCommand
    }

    func plan(on host: JobHost) async throws -> Plan {
        let (domain, _) = try await host.requireOwn(vm, "run anything in")
        guard domain.state == .running || domain.state == .blocked else {
            throw JobProblem(
                "not-running", "VM \(domain.name) is \(domain.state.rawValue); a command needs a guest that runs")
        }
        let profile = try DomainDefinition(xml: await host.hypervisor.definition(of: vm)).madeBy
        return Plan(command: try allowed(by: profile, domain))
    }

    private func allowed(by profile: Profile?, _ domain: Domain) throws -> GuestCommand {
        let commands = profile?.guestCommands ?? []
        guard var command = commands.first(where: { $0.name == arguments.command }) else {
            let names = commands.map(\.name.description).joined(separator: ", ")
            throw JobProblem(
                "unknown-command",
                "the profile of VM \(domain.name) names no command '\(arguments.command)' (it has: "
                    + "\(names.isEmpty ? "none" : names)); add it to guestCommands, apply the profile, and give it to the VM "
                    + "with 'virtfleet vm fix'")
        }
        guard arguments.arguments.isEmpty || command.takesArguments else {
            throw JobProblem(
                "no-arguments",
                "command '\(command.name)' of VM \(domain.name) is run as its profile says; takesArguments there would "
                    + "let a job add arguments")
        }
        command.arguments += arguments.arguments
        return command
    }

    func steps(of plan: Plan, on host: JobHost) -> [any JobStep] {
        [StartGuestProgram(vm: vm, command: plan.command, run: run, host: host)]
    }

    func verify(
        _ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void
    ) async throws -> String? {
        guard let process = run.state.withLock(\.process) else { throw JobProblem.interrupted(StartGuestProgram.name) }
        let result = try await host.waitForProgram(process, plan.command, in: vm, attempt)
        run.state.withLock { $0.result = result }
        try result.requireSuccess(of: plan.command)
        return "command '\(plan.command.name)' ended with 0"
    }
}

/// Has the guest agent start the program.
private struct StartGuestProgram: JobStep {
    static let name = "command"
    let vm: VMID
    let command: GuestCommand
    let run: ExecInGuest.Run
    let host: JobHost
    var name: String { Self.name }
    let isMarked = false

    func probe() -> StepProbe { .absent }

    func apply() async throws {
        let process = try await host.startProgram(command, in: vm)
        run.state.withLock { $0.process = process }
    }
}

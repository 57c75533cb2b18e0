import FleetModel
import FleetRuntime
import Hypervisor

/// Commands of profiles, in guests.
extension JobHost {
    /// How long the guest agent may take to answer that it has started a program, or how that stands.
    private static let answerLimit = Duration.seconds(10)

    /// - Returns: its process ID in the guest.
    func startProgram(_ command: GuestCommand, in vm: VMID) async throws -> Int {
        do throws(HypervisorError) {
            return try await hypervisor.startProgram(vm, command.path, command.arguments, within: Self.answerLimit)
        } catch {
            switch error.code {
            case .timeout:
                throw JobProblem(
                    "no-guest-agent",
                    "the guest agent does not answer (\(error.message)): whether command '\(command.name)' was started is not "
                        + "known; look whether qemu-guest-agent runs in the guest")
            case .failed:
                throw JobProblem(
                    "not-started",
                    "the guest agent did not start command '\(command.name)' (\(command.path)): \(error.message); see that the "
                        + "program is there, and that the agent's configuration allows guest-exec")
            default: throw error
            }
        }
    }

    /// Waits until a program that was started has ended.
    /// - Parameter attempt: asked regularly; what it throws ends the waiting, not the program.
    /// - Throws: `JobProblem` `timeout` when it takes longer than the command may.
    func waitForProgram(
        _ process: Int, _ command: GuestCommand, in vm: VMID, _ attempt: () async throws -> Void
    ) async throws -> GuestCommandResult {
        let start = time.monotonic()
        var pause = Duration.milliseconds(100)
        while true {
            if let program = try await programIfKnown(process, command, in: vm), !program.isRunning {
                return GuestCommandResult(program)
            }
            guard time.monotonic() - start < .seconds(command.timeoutSeconds) else {
                throw JobProblem(
                    "timeout",
                    "command '\(command.name)' did not end within \(command.timeoutSeconds) s and goes on in the guest as "
                        + "process \(process), which a guest agent cannot end; look there, or raise its timeoutSeconds")
            }
            try await attempt()
            try await time.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }

    /// Nil while nobody can say.
    private func programIfKnown(_ process: Int, _ command: GuestCommand, in vm: VMID) async throws -> GuestProgram? {
        do throws(HypervisorError) {
            return try await hypervisor.program(vm, process, within: Self.answerLimit)
        } catch {
            switch error.code {
            case .timeout, .disconnected: return nil
            case .failed, .invalidState:
                throw JobProblem(
                    "outcome-unknown",
                    "command '\(command.name)' was started, and how it ended is not known: \(error.message); the guest or its "
                        + "agent was restarted, or it wrote more than libvirt takes (about 3 MiB)")
            default: throw error
            }
        }
    }

    /// The profile's checks of a guest whose agent answers.
    func runChecks(
        _ commands: [GuestCommand], in vm: VMID, _ attempt: () async throws -> Void = {}
    ) async throws {
        for command in commands {
            let process = try await startProgram(command, in: vm)
            let result = try await waitForProgram(process, command, in: vm, attempt)
            try result.requireSuccess(of: command)
        }
    }
}

extension GuestCommandResult {
    init(_ program: GuestProgram) {
        func end(_ bytes: [UInt8]) -> String {
            let kept = bytes.suffix(Self.maximumOutputBytes)
            // A character that is cut in two would be shown as a wrong one.
            let start = kept.count < bytes.count ? kept.drop { $0 & 0b1100_0000 == 0b1000_0000 } : kept
            return String(decoding: start, as: UTF8.self)
        }
        let isLong = max(program.output.count, program.errorOutput.count) > Self.maximumOutputBytes
        self.init(
            exitStatus: program.exitStatus, signal: program.signal, output: end(program.output),
            errorOutput: end(program.errorOutput), isCut: program.isCut || isLong)
    }

    /// - Throws: `JobProblem` for any exit status but 0, with the last line that the program wrote.
    func requireSuccess(of command: GuestCommand) throws(JobProblem) {
        guard exitStatus != 0 else { return }
        let end = exitStatus.map { "ended with \($0)" } ?? "was ended by signal \(signal.map(String.init) ?? "unknown")"
        let lines = [errorOutput, output].flatMap { $0.split(whereSeparator: \.isNewline).suffix(1) }
        let said = lines.first.map { ": \($0.prefix(200))" } ?? ""
        throw JobProblem("exit-status", "command '\(command.name)' \(end)\(said)")
    }
}

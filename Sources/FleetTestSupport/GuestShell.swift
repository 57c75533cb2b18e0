import FoundationEssentials
import Subprocess

/// A shell in a running guest, by its guest agent.
public struct GuestShell: Sendable {
    private let uri: String
    private let name: String

    /// - Parameter name: of the domain, or its UUID.
    public init(uri: String, name: String) {
        self.uri = uri
        self.name = name
    }

    /// Starts a command and does not wait for it.
    public func start(_ command: String) async throws { _ = try await launch(command) }

    /// What the command writes.
    /// - Throws: when it does not end with 0 in time.
    public func output(_ command: String) async throws -> String {
        let pid = try await launch(command)
        var status = Status(exited: false)
        let ended = try await eventually {
            status = try await ask("guest-exec-status", ["pid": pid], as: Status.self)
            return status.exited
        }
        guard ended, status.exitcode == 0 else {
            throw ProgramUnderTest.Failure("'\(command)' in guest \(name) did not succeed: \(status)")
        }
        return status.output.flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private struct Launch: Encodable {
        let path = "/bin/sh"
        let arg: [String]
        let captureOutput = true

        enum CodingKeys: String, CodingKey {
            case path, arg
            case captureOutput = "capture-output"
        }
    }

    private struct Launched: Decodable {
        let pid: Int
    }

    private struct Status: Decodable {
        var exited: Bool
        var exitcode: Int?
        var output: String?

        enum CodingKeys: String, CodingKey {
            case exited, exitcode
            case output = "out-data"
        }
    }

    private func launch(_ command: String) async throws -> Int {
        try await ask("guest-exec", Launch(arg: ["-c", command]), as: Launched.self).pid
    }

    private struct Command<Arguments: Encodable>: Encodable {
        let execute: String
        let arguments: Arguments
    }

    private struct Answer<Result: Decodable>: Decodable {
        let `return`: Result
    }

    private func ask<Result: Decodable>(
        _ command: String, _ arguments: some Encodable, as type: Result.Type
    ) async throws -> Result {
        let text = String(
            decoding: try JSONEncoder().encode(Command(execute: command, arguments: arguments)), as: UTF8.self)
        let output = try await Subprocess.run("virsh", ["-c", uri, "qemu-agent-command", name, text]).successful()
        return try JSONDecoder().decode(Answer<Result>.self, from: Data(output.standardOutput)).return
    }
}

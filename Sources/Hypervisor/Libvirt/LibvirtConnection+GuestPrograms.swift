import CLibvirt
import FleetModel
import FoundationEssentials
import Glibc

/// Programs in a guest. libvirt has no function for them: these are commands of QEMU's guest agent as it defines them
/// (qga/qapi-schema.json), and they mark the domain as tainted.
extension LibvirtConnection {
    func startProgram(
        _ id: VMID, _ path: String, _ arguments: [String], within limit: Duration
    ) throws(HypervisorError) -> Int {
        let command = AgentCommand(
            execute: "guest-exec", arguments: Launch(path: path, arg: arguments, captureOutput: true))
        return try ask(id, command, within: limit, as: Launched.self).pid
    }

    func program(_ id: VMID, _ process: Int, within limit: Duration) throws(HypervisorError) -> GuestProgram {
        let command = AgentCommand(execute: "guest-exec-status", arguments: ["pid": process])
        let status = try ask(id, command, within: limit, as: Status.self)
        func bytes(_ text: String?) -> [UInt8] { text.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? [] }
        return GuestProgram(
            isRunning: !status.exited, exitStatus: status.exitcode, signal: status.signal,
            output: bytes(status.output), errorOutput: bytes(status.errorOutput),
            isCut: status.isOutputCut == true || status.isErrorOutputCut == true)
    }

    private func ask<Arguments: Encodable, Result: Decodable>(
        _ id: VMID, _ command: AgentCommand<Arguments>, within limit: Duration, as type: Result.Type
    ) throws(HypervisorError) -> Result {
        try withDomain(id, "ask the guest agent of") { domain throws(HypervisorError) in
            let seconds = max(1, Int32(clamping: limit.components.seconds))
            do {
                let text = String(decoding: try JSONEncoder().encode(command), as: UTF8.self)
                guard let answer = virDomainQemuAgentCommand(domain, text, seconds, 0) else {
                    throw HypervisorError.lastLibvirtError("ask the guest agent of", libvirtName(of: domain))
                }
                defer { free(answer) }
                let data = Data(String(cString: answer).utf8)
                return try JSONDecoder().decode(AgentAnswer<Result>.self, from: data).return
            } catch let error as HypervisorError {
                throw error
            } catch {
                throw HypervisorError(
                    .failed, operation: command.execute, object: libvirtName(of: domain),
                    message: "the guest agent's answer cannot be read: \(error)")
            }
        }
    }
}

private struct AgentCommand<Arguments: Encodable>: Encodable {
    let execute: String
    let arguments: Arguments
}

private struct AgentAnswer<Result: Decodable>: Decodable {
    let `return`: Result
}

private struct Launch: Encodable {
    let path: String
    let arg: [String]
    let captureOutput: Bool

    enum CodingKeys: String, CodingKey {
        case path, arg
        case captureOutput = "capture-output"
    }
}

private struct Launched: Decodable {
    let pid: Int
}

private struct Status: Decodable {
    let exited: Bool
    let exitcode: Int?
    let signal: Int?
    let output: String?
    let errorOutput: String?
    let isOutputCut: Bool?
    let isErrorOutputCut: Bool?

    enum CodingKeys: String, CodingKey {
        case exited, exitcode, signal
        case output = "out-data"
        case errorOutput = "err-data"
        case isOutputCut = "out-truncated"
        case isErrorOutputCut = "err-truncated"
    }
}

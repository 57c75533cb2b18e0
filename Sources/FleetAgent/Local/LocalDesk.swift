import FleetModel
import FoundationEssentials
import Provisioning

/// What people at the host may see of the agent's jobs and do about them.
public protocol LocalJobs: Sendable {
    /// Those that have not ended.
    func localJobs() async throws -> [LocalJob]
    /// - Parameter id: nil for the one that is announced.
    func putOff(_ id: JobID?, by seconds: Int, _ who: LocalUser) async throws -> LocalJob
}

extension JobRunner: LocalJobs {}

/// Decides who is answered, and answers.
struct LocalDesk: Sendable {
    struct Refusal: Error, Equatable {
        let message: String
    }

    let jobs: any LocalJobs
    /// Names by user ID, of those who have a session on a seat of the host.
    let seatedUsers: @Sendable () async throws -> [UInt32: String]

    /// Root, and whoever sits at the host.
    func admit(_ uid: UInt32?) async throws(Refusal) -> LocalUser {
        guard let uid else { throw Refusal(message: "the kernel does not say who asks") }
        if uid == 0 { return LocalUser(uid: 0, name: "root") }
        let users: [UInt32: String]
        do {
            users = try await seatedUsers()
        } catch {
            throw Refusal(message: "who sits at this host cannot be seen: \(error); root may ask all the same")
        }
        guard let name = users[uid] else {
            throw Refusal(
                message:
                    "user \(uid) is neither root nor has a session on a seat of this host; ask somebody who sits there"
            )
        }
        return LocalUser(uid: uid, name: name)
    }

    func answer(_ line: [UInt8], to user: LocalUser) async -> LocalReply {
        let request: LocalRequest
        do {
            request = try FleetJSON.decode(LocalRequest.self, from: Data(line))
        } catch {
            let calls = LocalRequest.Call.allCases.map(\.rawValue).joined(separator: " or ")
            return LocalReply(
                problem: "cannot read the request; expected a line of JSON such as {\"call\":\"jobs\"}, with \(calls)")
        }
        do {
            switch request.call {
            case .jobs: return LocalReply(jobs: try await jobs.localJobs())
            case .putOff:
                let seconds = request.seconds ?? JobDeferral.defaultSeconds
                return LocalReply(jobs: [try await jobs.putOff(request.job, by: seconds, user)])
            }
        } catch {
            return LocalReply(problem: (error as? JobProblem)?.message ?? "\(error)")
        }
    }
}

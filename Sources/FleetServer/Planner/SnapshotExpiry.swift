import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import Signing

/// Gives up snapshots that have expired, by a job on their host; pinned ones stay. A job that fails is asked for anew the day
/// after. Level-triggered and without memory of its own: the job of a day has an ID that everybody would give it.
public actor SnapshotExpiry: Service {
    public nonisolated let name = "snapshot-expiry"
    private static let interval = Duration.seconds(600)
    private static let day: Double = 86_400

    private let store: FleetStore
    private let time: any TimeSource
    private let logger: Logger

    public init(store: FleetStore, time: any TimeSource, logger: Logger) {
        self.store = store
        self.time = time
        self.logger = logger
    }

    public nonisolated func run() async throws {
        repeat { await sweep() } while (try? await time.sleep(for: Self.interval)) != nil
    }

    func sweep() async {
        do {
            var cursor: String?
            repeat {
                let page = try await store.vms(after: cursor, limit: 500)
                for vm in page.items { await giveUp(vm) }
                cursor = page.nextCursor
            } while cursor != nil
        } catch {
            logger.warning("cannot look for expired snapshots: \(error)")
        }
    }

    private func giveUp(_ vm: VMResource) async {
        do {
            try await planDeletions(of: vm, at: time.now())
        } catch {
            logger.warning("cannot give up expired snapshots of VM \(vm.vm.name) on \(vm.hostName): \(error)")
        }
    }

    private func planDeletions(of vm: VMResource, at now: Date) async throws {
        for snapshot in vm.vm.snapshots ?? [] where !snapshot.pinned {
            guard let expiry = snapshot.expiresAt, expiry <= now else { continue }
            let days = (now.timeIntervalSince1970 / Self.day).rounded(.down)
            var digits = DigestGenerator(text: "\(vm.host)/\(snapshot.id)/\(Int(days))")
            let id = JobID(milliseconds: UInt64(days * Self.day * 1000), using: &digits)
            let arguments = try FleetJSON.value(SnapshotArguments(vm: vm.vm.id, snapshot: snapshot.id))
            _ = try await store.planJob(
                id, host: vm.host, kind: JobKindName.snapshotDelete.rawValue, arguments: arguments,
                expiresAt: now + Self.day, by: "expiry of \(snapshot.name)")
        }
    }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Testing

/// A deletion that failed after a layer was merged and before it was gone: whatever is done with the VM meanwhile, it is
/// asked for again, ends, and takes nothing with it.
@Suite struct HalfDeletionTests {
    enum Meanwhile: String, CaseIterable, Sendable {
        case nothing
        case writing = "the guest writes and is kept"
        case reverting = "the guest writes, is kept and turned back"
        case deleting = "the other snapshot is deleted"
    }

    @Test(arguments: Meanwhile.allCases, [true, false])
    func itCanBeAskedForAgain(meanwhile: Meanwhile, running: Bool) async throws {
        // A layer in the middle, and the one in use.
        for (snapshot, other) in [(2, 3), (3, 2)] {
            let vm = try await failed(snapshot, other, running)
            switch meanwhile {
            case .nothing: break
            case .writing, .reverting:
                try await vm.write(4, block: 2)
                try await vm.run(vm.snapshot(5, "newer"))
                if meanwhile == .reverting { try await vm.run(vm.revert(6, to: other)) }
            case .deleting: try await vm.run(vm.deletion(5, of: other))
            }
            for number in [5, 6] where vm.outcome(number) != nil {
                #expect(vm.outcome(number)?.state == .succeeded, "\(vm.outcome(number)?.message ?? "")")
            }

            try await vm.run(vm.deletion(7, of: snapshot))
            #expect(vm.outcome(7)?.state == .succeeded, "\(snapshot): \(vm.outcome(7)?.message ?? "")")
            let held: [UInt8] = other == 2 ? [1, 0, 0] : [1, 2, 0]
            let now: [UInt8] =
                switch meanwhile {
                case .nothing, .deleting: [1, 2, 3]
                case .writing: [1, 2, 4]
                case .reverting: held
                }
            #expect(try await vm.holds(now, in: vm.active()), "\(snapshot)")
            let left = try vm.directory.manifests()
            let isKept = meanwhile == .writing || meanwhile == .reverting
            #expect(
                left.map(\.id) == (meanwhile == .deleting ? [] : [other]).map(World.jobID)
                    + (isKept ? [World.jobID(5)] : []))
            for manifest in left {
                let bytes = manifest.id == World.jobID(5) ? [1, 2, 4] : held
                #expect(try await vm.holds(bytes, in: manifest.disks[0].file), "\(snapshot): \(manifest.name)")
            }
            // Nothing lies there that nobody needs.
            var needed = Set(try await vm.chain())
            for manifest in left {
                needed.formUnion(try await DiskLayer.chain(of: manifest.disks[0].file).map(\.filename))
            }
            #expect(Set(vm.directory.layers).isSubset(of: needed), "\(snapshot)")
        }
    }

    /// A VM with snapshots 2 and 3, of which one is half deleted: the other one's manifest could not be read.
    private func failed(_ snapshot: Int, _ other: Int, _ running: Bool) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(running: running)
        try await vm.write(1, block: 0)
        for number in [2, 3] {
            try await vm.run(vm.snapshot(number, "s\(number)"))
            try await vm.write(UInt8(number), block: number - 1)
        }
        let manifest = vm.directory.keptState(of: World.jobID(other)).manifest
        try await vm.run(
            vm.deletion(4, of: snapshot),
            during: { point, _ in
                guard point.description == "merge sda:after-intent" else { return }
                try DurableFile.rename(manifest, to: manifest + "-hidden")
                try Data("damaged".utf8).write(to: URL(filePath: manifest))
            })
        #expect(vm.outcome(4)?.state == .failed && vm.outcome(4)?.reason == "snapshot-damaged")
        try DurableFile.rename(manifest + "-hidden", to: manifest)
        return vm
    }
}

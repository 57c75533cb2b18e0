import FleetModel
import FoundationEssentials
import Testing

@Suite struct DesiredStateTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let job = JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!
    private static let image = ImageReference(
        template: ResourceName("win11")!, version: ResourceName("1")!,
        digest: Digest(String(repeating: "ab", count: 32))!, format: .qcow2, sizeBytes: 1, virtualSizeBytes: 2)

    private static func name(_ number: Int) -> ResourceName { ResourceName("p\(number)")! }

    private static func snapshots(_ number: Int) -> SnapshotPolicy {
        SnapshotPolicy(name: name(number), times: [now], graceSeconds: 60, keep: SnapshotRetention(last: 1))
    }

    private static func update(_ number: Int) -> UpdatePolicy {
        UpdatePolicy(name: name(number), times: [now], graceSeconds: 60, image: image)
    }

    private static func command(_ number: Int) -> GuestCommandPolicy {
        GuestCommandPolicy(name: name(number), times: [now], graceSeconds: 60, command: ResourceName("patch")!)
    }

    private static func power(_ number: Int) -> PowerPolicy {
        PowerPolicy(name: name(number), power: HostPowerPolicy())
    }

    private func state(_ policies: PolicySet) -> DesiredState {
        DesiredState(
            fleet: FleetName("plant")!, host: HostID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")!, revision: 1,
            issuedAt: Self.now, expiresAt: Self.now + 60, policies: policies.snapshots, updates: policies.updates,
            guestCommands: policies.guestCommands, power: policies.power)
    }

    @Test func allKindsTogetherAreLimited() {
        var policies = PolicySet(
            snapshots: (0..<4).map(Self.snapshots), updates: (4..<8).map(Self.update),
            guestCommands: (8..<12).map(Self.command), power: (12..<16).map(Self.power))
        #expect(state(policies).flaw == nil)
        policies.power.append(Self.power(16))
        #expect(state(policies).flaw?.reason == .tooLarge)
    }

    @Test(arguments: [
        PolicySet(snapshots: [snapshots(1)], updates: [update(1)]), PolicySet(updates: [update(1), update(1)]),
        PolicySet(guestCommands: [command(1)], power: [power(1)]),
        PolicySet(snapshots: [snapshots(1)], power: [power(1)]),
    ])
    func aNameBelongsToOnePolicyWhateverItsKind(policies: PolicySet) {
        #expect(state(policies).flaw?.reason == .malformed)
    }

    @Test func aStateIsReadAsItWasWritten() throws {
        let policies = PolicySet(
            snapshots: [Self.snapshots(1)], updates: [Self.update(2)], guestCommands: [Self.command(3)],
            power: [Self.power(4)])
        let read = try FleetJSON.decode(DesiredState.self, from: FleetJSON.encode(state(policies)))
        #expect(read == state(policies) && read.policySet == policies)
    }

    @Test func olderControllersAndLaterOnesAreUnderstood() throws {
        let older = try FleetJSON.value(state(PolicySet(snapshots: [Self.snapshots(1)])))
        guard case .object(var members) = older else { throw CancellationError() }
        #expect(Set(members.keys) == ["fleet", "host", "revision", "issuedAt", "expiresAt", "policies"])
        members["somethingLater"] = .array([.string("unknown")])
        let read = try FleetJSON.decode(DesiredState.self, from: JSONValue.object(members))
        #expect(read.policySet == PolicySet(snapshots: [Self.snapshots(1)]))
    }

    @Test func aPolicyWantsItsOwnJobsAlone() throws {
        func job(_ kind: JobKindName, _ arguments: some Encodable) throws -> Job {
            Job(id: Self.job, kind: kind.rawValue, arguments: try FleetJSON.value(arguments), expiresAt: Self.now)
        }
        let vm = VMID.random()
        var other = Self.image
        other.digest = Digest(String(repeating: "cd", count: 32))!
        let jobs = [
            try job(.snapshotCreate, SnapshotCreateArguments(vm: vm, name: Self.name(1))),
            try job(.snapshotDelete, SnapshotArguments(vm: vm, snapshot: Self.job)),
            try job(.vmUpdate, UpdateArguments(vm: vm, image: Self.image, snapshot: Self.name(1))),
            try job(.vmUpdate, UpdateArguments(vm: vm, image: other, snapshot: Self.name(1))),
            try job(.guestExec, ExecArguments(vm: vm, command: ResourceName("patch")!)),
            try job(.guestExec, ExecArguments(vm: vm, command: ResourceName("format")!)), try job(.guestExec, [1]),
        ]
        func wanted(_ policy: any LocalPolicy) -> [Int] { jobs.indices.filter { policy.asks(for: jobs[$0]) } }
        #expect(wanted(Self.snapshots(1)) == [0, 1])
        #expect(wanted(Self.update(1)) == [2])
        #expect(wanted(Self.command(1)) == [4])
        #expect(wanted(Self.power(1)) == [])
    }
}

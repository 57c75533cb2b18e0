import FleetModel
import FoundationEssentials
import Testing

@Suite struct JobSetGateTests {
    static let now = Date(timeIntervalSince1970: 1_790_000_000)
    static let digests = ["a", "b"].map { Digest(String(repeating: $0, count: 64))! }
    var gate = JobSetGate(fleet: FleetName("plant")!, host: .random())

    func set(
        fleet: FleetName? = nil, host: HostID? = nil, revision: UInt64 = 5, expiresIn: TimeInterval = 60,
        jobs: [Job] = []
    ) -> JobSet {
        JobSet(
            fleet: fleet ?? gate.fleet, host: host ?? gate.host, revision: revision, issuedAt: Self.now,
            expiresAt: Self.now + expiresIn, jobs: jobs)
    }

    func refusal(_ set: JobSet, digest: Digest = digests[0], now: Date? = now) -> EnvelopeRefusal? {
        if case .refuse(let reason, _) = gate.judge(set, digest: digest, now: now) { reason } else { nil }
    }

    func jobs(_ count: Int) -> [Job] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in
            Job(
                id: JobID(milliseconds: 1, using: &generator), kind: "vm.start", arguments: .object([:]),
                expiresAt: Self.now)
        }
    }

    @Test func `a newer set for this host is accepted`() {
        #expect(gate.judge(set(), digest: Self.digests[0], now: Self.now) == .accept)
        #expect(gate.judge(set(jobs: jobs(32)), digest: Self.digests[0], now: Self.now) == .accept)
    }

    @Test func `foreign sets are refused`() {
        #expect(refusal(set(fleet: FleetName("other"))) == .wrongFleet)
        #expect(refusal(set(host: .random())) == .wrongHost)
    }

    @Test mutating func `revisions only grow`() {
        gate.take(set(revision: 5), digest: Self.digests[0])
        #expect(gate.judge(set(revision: 5), digest: Self.digests[0], now: Self.now) == .alreadyHave)
        #expect(refusal(set(revision: 5), digest: Self.digests[1]) == .staleRevision)
        #expect(refusal(set(revision: 4)) == .staleRevision)
        #expect(refusal(set(revision: 0)) == .staleRevision)
        #expect(gate.judge(set(revision: 6), digest: Self.digests[1], now: Self.now) == .accept)
    }

    @Test mutating func `a set that was taken may expire in peace`() {
        gate.take(set(), digest: Self.digests[0])
        #expect(gate.judge(set(), digest: Self.digests[0], now: Self.now + 3600) == .alreadyHave)
    }

    @Test func `an expired set is refused, unless the clock cannot tell`() {
        #expect(refusal(set(expiresIn: 0)) == .expired)
        #expect(refusal(set(expiresIn: -1)) == .expired)
        #expect(gate.judge(set(expiresIn: -1), digest: Self.digests[0], now: nil) == .accept)
    }

    @Test func `too many jobs, or a job twice, are refused`() {
        #expect(refusal(set(jobs: jobs(33))) == .tooLarge)
        let job = jobs(1)[0]
        #expect(refusal(set(jobs: [job, job])) == .malformed)
    }

    @Test mutating func `a gate survives as what is stored of it`() {
        gate.take(set(revision: 9), digest: Self.digests[1])
        let restored = JobSetGate(fleet: gate.fleet, host: gate.host, revision: gate.revision, digest: gate.digest)
        #expect(restored == gate)
    }
}

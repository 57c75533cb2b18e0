import FleetModel
import FoundationEssentials
import Signing
import Testing

/// The whole way of a job set: bytes of a message to a decision.
@Suite struct JobSetArrivalTests {
    static let now = Date(timeIntervalSince1970: 1_790_000_000)
    let key: SigningKey
    var gate = JobSetGate(fleet: FleetName("plant")!, host: .random())

    init() throws { key = try SigningKey.generate() }

    func set(revision: UInt64 = 1, jobs: [Job] = []) -> JobSet {
        JobSet(
            fleet: gate.fleet, host: gate.host, revision: revision, issuedAt: Self.now, expiresAt: Self.now + 3600,
            jobs: jobs)
    }

    func sealed(_ set: JobSet, type: String = JobSet.payloadType) throws -> [UInt8] {
        try Envelope(signing: [UInt8](FleetJSON.encode(set)), type: type, with: [key]).json()
    }

    func judge(_ json: [UInt8], keys: [VerifyingKey]? = nil) -> JobSetArrival {
        gate.judge(envelope: json, keys: keys ?? [key.verifyingKey], now: Self.now)
    }

    func refusal(_ arrival: JobSetArrival) -> EnvelopeRefusal? {
        if case .refuse(let reason, let message) = arrival, !message.isEmpty { reason } else { nil }
    }

    @Test mutating func `a set is taken once, and its redelivery is silent`() throws {
        let json = try sealed(set())
        guard case .accept(let taken, let digest) = judge(json) else {
            Issue.record("not accepted: \(judge(json))")
            return
        }
        #expect(taken == set())
        gate.take(taken, digest: digest)
        #expect(judge(json) == .alreadyHave)
        #expect(try refusal(judge(sealed(set(revision: 1, jobs: [])))) == nil)
    }

    @Test func `each kind of bad envelope has its word`() throws {
        let good = try sealed(set())
        #expect(refusal(judge(good, keys: [])) == .noKey)
        #expect(try refusal(judge(good, keys: [SigningKey.generate().verifyingKey])) == .noKey)
        #expect(refusal(judge([])) == .malformed)
        #expect(refusal(judge(Array("\u{7B}\u{FF}".utf8) + [0xFF, 0xFE])) == .malformed)
        #expect(try refusal(judge(sealed(set(), type: "application/other"))) == .malformed)
        #expect(refusal(judge([UInt8](repeating: 0x20, count: 10 << 20))) == .tooLarge)
        let notASet = try Envelope(signing: Array("{}".utf8), type: JobSet.payloadType, with: [key]).json()
        #expect(refusal(judge(notASet)) == .malformed)
        let padding = Array("{}".utf8) + [UInt8](repeating: 0x20, count: JobSet.maximumBytes)
        #expect(
            try refusal(judge(Envelope(signing: padding, type: JobSet.payloadType, with: [key]).json())) == .tooLarge)

        var tampered = try FleetJSON.decode(Envelope.self, from: Data(good))
        tampered.payload = Data(try FleetJSON.encode(set(revision: 99))).base64EncodedString()
        #expect(try refusal(judge(tampered.json())) == .badSignature)
    }

    @Test func `the largest allowed set fits its envelope`() throws {
        let filler = String(repeating: "x", count: JobSet.maximumBytes)
        func job(_ size: Int) -> Job {
            Job(
                id: JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV")!, kind: "vm.start",
                arguments: .string(String(filler.prefix(size))), expiresAt: Self.now)
        }
        let overhead = try FleetJSON.encode(set(jobs: [job(0)])).count
        let largest = set(jobs: [job(JobSet.maximumBytes - overhead)])
        #expect(try FleetJSON.encode(largest).count == JobSet.maximumBytes)
        #expect(try refusal(judge(sealed(largest))) == nil)
    }
}

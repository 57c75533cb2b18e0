import FleetModel
import FleetTestSupport
import Foundation
import SQLite
import Signing
import Subprocess
import Synchronization
import Testing

/// `Tests/CrashingAgent` with one job at a time, on a directory of its own and somebody's libvirt.
final class CrashingAgentUnderTest: Sendable {
    private let directory: TemporaryDirectory
    private let libvirt: PrivateLibvirt
    private let key: SigningKey
    private let host = HostID(UUID())
    private let image: ImageReference
    private let request = Mutex<(revision: UInt64, job: JobID)?>(nil)

    /// What an agent may take for a job in which a guest shuts down and boots, on a busy machine.
    private static let limit = Duration.seconds(300)

    /// - Parameters:
    ///   - number: of a job to clone the test's guest, which also names the VM.
    ///   - directory: an empty one, but for what is mounted in it.
    ///   - content: what the guest finds where it would write a number.
    init(
        job number: Int, profile: String = "tiny", on libvirt: PrivateLibvirt,
        in directory: TemporaryDirectory? = nil, content: Int? = nil
    ) async throws {
        self.libvirt = libvirt
        self.directory = try directory ?? TemporaryDirectory()
        key = try SigningKey.generate()
        try FileManager.default.createDirectory(
            atPath: self.directory.file("images"), withIntermediateDirectories: true)
        image = try await Self.store("1", in: self.directory) { file in
            if let content { try await GuestImage.write(content, to: file) }
        }
        try ask(
            number, .vmClone,
            CloneArguments(
                name: try #require(ResourceName("vm-\(number)")), image: image,
                profile: try #require(ResourceName(profile))))
    }

    /// Another version of the guest's template, in the host's store.
    /// - Parameter change: makes the file, a copy of the guest, what it shall be.
    func version(
        _ version: String, _ change: (_ file: String) async throws -> Void
    ) async throws -> ImageReference {
        try await Self.store(version, in: directory, change)
    }

    /// A version whose guest finds a number where it would write one.
    /// - Parameter number: of four equal digits.
    func version(_ number: Int) async throws -> ImageReference {
        try await version("\(number)") { try await GuestImage.write(number, to: $0) }
    }

    private static func store(
        _ version: String, in directory: TemporaryDirectory, _ change: (_ file: String) async throws -> Void
    ) async throws -> ImageReference {
        let file = directory.file("\(version).qcow2")
        try GuestImage.copy(to: file)
        try await change(file)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        let image = ImageReference(
            template: try #require(ResourceName("tiny")), version: try #require(ResourceName(version)),
            digest: SHA256Hasher.digest(of: bytes), format: .qcow2, sizeBytes: UInt64(bytes.count),
            virtualSizeBytes: bytes[24..<32].reduce(0) { $0 << 8 | UInt64($1) })
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
        try FileManager.default.moveItem(atPath: file, toPath: directory.file("images/\(image.digest)"))
        return image
    }

    var job: JobID { request.withLock { $0!.job } }

    static func jobID(_ number: Int) -> JobID {
        JobID("01ARZ3NDEKTSV4RRFFQ69G5F" + (number < 10 ? "0\(number)" : "\(number)"))!
    }

    /// The next job, for the lives to come; what was noted of the one before is forgotten.
    /// - Parameter cancel: whether it is wanted no more.
    func ask(_ number: Int, _ kind: JobKindName, _ arguments: some Encodable, cancel: Bool = false) throws {
        let job = Self.jobID(number)
        let revision = request.withLock { request in
            request = ((request?.revision ?? 0) + 1, job)
            return request!.revision
        }
        for name in ["points", "reports"] { try? FileManager.default.removeItem(atPath: directory.file(name)) }
        let now = Date()
        let set = JobSet(
            fleet: try #require(FleetName("test")), host: host, revision: revision, issuedAt: now,
            expiresAt: now + 3600,
            jobs: [
                Job(
                    id: job, kind: kind.rawValue, arguments: try FleetJSON.value(arguments), expiresAt: now + 3600,
                    cancel: cancel)
            ])
        let envelope = try Envelope(signing: [UInt8](FleetJSON.encode(set)), type: JobSet.payloadType, with: [key])
        try Data(envelope.json()).write(to: URL(filePath: directory.file("envelope.json")))
    }

    /// The next job, to its end.
    /// - Parameter moments: at which the agent dies on the way, in this order.
    /// - Returns: the last report.
    @discardableResult
    func run(
        _ number: Int, _ kind: JobKindName, _ arguments: some Encodable, dyingAt moments: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JobReport {
        try ask(number, kind, arguments)
        for moment in moments {
            #expect(try await crash(at: moment), "\(moment) was not reached", sourceLocation: sourceLocation)
        }
        try await finish()
        return try #require(reports.last)
    }

    /// The next job, to its success.
    /// - Parameter moments: at which the agent dies on the way, in this order.
    func succeed(
        _ number: Int, _ kind: JobKindName, _ arguments: some Encodable, dyingAt moments: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let report = try await run(number, kind, arguments, dyingAt: moments, sourceLocation: sourceLocation)
        #expect(report.state == .succeeded, "\(moments): \(report.message ?? "")", sourceLocation: sourceLocation)
    }

    /// One life that ends at the point.
    /// - Parameter point: a `FaultPoint`, or `next`.
    /// - Returns: whether it was reached before the job was over.
    func crash(at point: String) async throws -> Bool {
        let life = try life(point)
        try life.start()
        let hasEnded = try await eventually(within: Self.limit) {
            life.exit != nil || reports.last?.state.isTerminal == true
        }
        guard hasEnded else {
            throw ProgramUnderTest.Failure("the agent neither died at \(point) nor finished:\n\(life.log)")
        }
        // A report may be out a moment before the last points are passed.
        return await life.stop() == .signal(SIGKILL)
    }

    /// One life that ends with SIGKILL as soon as the condition holds.
    func crash(when what: String, _ condition: () async throws -> Bool) async throws {
        let life = try life(nil)
        try life.start()
        try await life.until(what, within: Self.limit, condition)
        await life.kill()
    }

    /// One life to the job's end.
    /// - Parameters:
    ///   - point: where it stands still for a while.
    ///   - meanwhile: what happens around it then.
    func finish(
        stoppingAt point: String? = nil, _ meanwhile: () async throws -> Void = {}
    ) async throws {
        let life = try life(point, stops: true)
        try life.start()
        if let point {
            try await life.until("it stands still at \(point)", within: Self.limit) { life.isStopped }
            try await meanwhile()
            life.signal(SIGCONT)
        }
        try await life.until("the job is over", within: Self.limit) {
            guard lines("lives").last == life.pid.map({ "\($0)" }), let state = reports.last?.state else {
                return false
            }
            // What is refused passes no points.
            return state == .rejected || state.isTerminal && points.last == "after-end"
        }
        #expect(await life.stop() == .status(0), "\(life.log)")
    }

    /// The moments passed, in order, those of all lives.
    var points: [String] { lines("points") }

    /// What it said that it had reported; an agent that dies just then says it again.
    var reports: [JobReport] {
        lines("reports").compactMap { try? FleetJSON.decode(JobReport.self, from: Data($0.utf8)) }
    }

    /// What its durable record holds, oldest first; to be asked between lives.
    var recorded: [JobReport] {
        get throws {
            let spool = try Connection(path: directory.file("spool.db"), synchronous: .normal, readOnly: true)
            return try spool.rows("SELECT body FROM records WHERE type = 'job.status' ORDER BY epoch, seq").map {
                try FleetJSON.decode(JobReport.self, from: Data($0.get(0, as: [UInt8].self)))
            }
        }
    }

    /// The label of a snapshot, as its manifest says.
    func consistency(of snapshot: Int, ofCloneBy clone: Int) throws -> VMSnapshot.Consistency? {
        struct Manifest: Decodable {
            let consistency: VMSnapshot.Consistency
        }
        let manifest = path(of: "manifest.json", in: snapshot, ofCloneBy: clone)
        return try FleetJSON.decode(Manifest.self, from: Data(contentsOf: URL(filePath: manifest))).consistency
    }

    /// Where a VM has one of its files, or a snapshot of it.
    func path(of file: String, in snapshot: Int? = nil, ofCloneBy clone: Int) -> String {
        let kept = snapshot.map { "snapshots/\(Self.jobID($0))/" } ?? ""
        return directory.file("images/vms/\(Self.jobID(clone))/\(kept)\(file)")
    }

    /// The processes of a program whose command lines name files of this agent's VMs.
    func processes(of program: String) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(pid_t.init).filter {
            let line = (try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8)) ?? ""
            return line.contains(program) && line.contains(directory.path)
        }
    }

    /// The VM's files, and what else lies where VMs have their directories.
    var files: [String: [String]] {
        get throws {
            let vms = directory.file("images/vms")
            return Dictionary(
                uniqueKeysWithValues: try FileManager.default.contentsOfDirectory(atPath: vms).map {
                    ($0, try FileManager.default.contentsOfDirectory(atPath: "\(vms)/\($0)").sorted())
                })
        }
    }

    private func life(_ point: String?, stops: Bool = false) throws -> ProgramUnderTest {
        try ProgramUnderTest(
            "CrashingAgent",
            [libvirt.uri, libvirt.tpmStates, directory.path, host.description, key.verifyingKey.description]
                + (point.map { stops ? [$0, "stop"] : [$0] } ?? []), logPath: directory.file("log"))
    }

    private func lines(_ name: String) -> [String] {
        let text = try? String(contentsOfFile: directory.file(name), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init)
    }
}

extension ProgramUnderTest {
    /// Whether it stands still, as after SIGSTOP.
    fileprivate var isStopped: Bool {
        let status = pid.flatMap { try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8) }
        return status?.contains(") T ") == true
    }
}

import FleetModel
import FleetRuntime
import FoundationEssentials
import Glibc
import Signing

/// Uploads on their way in: one directory each, kept over restarts and power cuts, written by one transfer at a time.
/// A transfer that begins where the file ends takes over from one that still hangs in the network.
public actor UploadStore {
    public struct Limits: Sendable {
        /// The largest upload.
        public var bytes: UInt64 = 1 << 40
        /// What an upload must leave free on the disk.
        public var reserveBytes: UInt64 = 1 << 30
        /// Uploads that are not finished by then are removed at the next start.
        public var ageSeconds: Double = 7 * 86400
        public init() {}
    }

    /// What is kept beside the data. Bytes past `synced` may be lost with the power, and are not relied upon.
    struct Record: Codable {
        var totalBytes: UInt64
        var synced: UInt64
        var startedAt: Date
        /// Set when the upload has become an image; the data is gone from here.
        var imported: Digest?
    }

    /// A right to write, until another transfer takes it over.
    struct Transfer: Sendable {
        let upload: UploadID
        fileprivate let generation: UInt64
    }

    private struct Active {
        let generation: UInt64
        let descriptor: Int32
        var record: Record
        var received: UInt64
    }

    /// How much may be written before it is synced.
    private static let syncBytes: UInt64 = 64 << 20

    private let directory: String
    private let limits: Limits
    private let time: any TimeSource
    private let executor = ThreadExecutor(name: "uploads")
    private var active: [UploadID: Active] = [:]
    private var hashers: [UploadID: SHA256Hasher] = [:]
    private var generation: UInt64 = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter directory: made when it is missing.
    public init(directory: String, limits: Limits = Limits(), time: any TimeSource) throws {
        self.directory = directory
        self.limits = limits
        self.time = time
        try DurableFile.makeDirectory(directory, mode: 0o700)
    }

    func status(of upload: UploadID) throws -> UploadResource {
        let record = try record(of: upload)
        return UploadResource(id: upload, receivedBytes: received(upload, record), totalBytes: record.totalBytes)
    }

    /// Begins to write at `offset`, which must be where the file ends.
    /// - Throws: a `Problem`; `OffsetMismatch` when the upload does not continue there.
    func begin(_ upload: UploadID, at offset: UInt64, total: UInt64) throws -> Transfer {
        let record: Record
        do {
            record = try self.record(of: upload)
        } catch let problem as Problem where problem.status == 404 {
            guard offset == 0 else { throw OffsetMismatch(received: 0) }
            try checkRoom(total, upload)
            record = Record(totalBytes: total, synced: 0, startedAt: time.now())
        }
        guard record.totalBytes == total else {
            throw Problem.conflict(
                "upload-size", "upload \(upload) was begun with \(record.totalBytes) bytes in all, not \(total)")
        }
        let received = received(upload, record)
        guard offset == received, record.imported == nil else { throw OffsetMismatch(received: received) }
        if let previous = active.removeValue(forKey: upload) { close(previous.descriptor) }

        try DurableFile.makeDirectory(path(of: upload), mode: 0o700)
        let descriptor = Glibc.open(dataPath(of: upload), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError("open", dataPath(of: upload)) }
        generation += 1
        active[upload] = Active(generation: generation, descriptor: descriptor, record: record, received: received)
        guard ftruncate(descriptor, off_t(received)) == 0, lseek(descriptor, off_t(received), SEEK_SET) >= 0 else {
            throw FileError("truncate", dataPath(of: upload))
        }
        if received == 0 { hashers[upload] = SHA256Hasher() }
        try save(record, of: upload)
        return Transfer(upload: upload, generation: generation)
    }

    /// Appends; what was taken before an error stays.
    func write(_ bytes: [UInt8], to transfer: Transfer) throws {
        guard var upload = active[transfer.upload], upload.generation == transfer.generation else {
            throw Problem.conflict("upload-taken-over", "another transfer goes on with upload \(transfer.upload)")
        }
        guard upload.received + UInt64(bytes.count) <= upload.record.totalBytes else {
            throw Problem.invalid(
                "the body goes on past the \(upload.record.totalBytes) bytes of upload \(transfer.upload)")
        }
        do {
            try DurableFile.write(bytes[...], to: upload.descriptor, path: dataPath(of: transfer.upload))
        } catch {
            // A piece written in part does not count; the next transfer writes over it.
            hashers[transfer.upload] = nil
            throw error.isFull ? Problem.noSpace(error.description) : error
        }
        hashers[transfer.upload]?.update(bytes)
        upload.received += UInt64(bytes.count)
        active[transfer.upload] = upload
        if upload.received - upload.record.synced >= Self.syncBytes { try sync(transfer.upload) }
    }

    /// The transfer is over, finished or not.
    func end(_ transfer: Transfer) throws {
        guard let upload = active[transfer.upload], upload.generation == transfer.generation else { return }
        defer {
            active[transfer.upload] = nil
            close(upload.descriptor)
        }
        try sync(transfer.upload)
    }

    /// A finished upload's data, and its digest when it arrived in one life of this process.
    func finished(_ upload: UploadID) throws -> (path: String, digest: Digest?, imported: Digest?) {
        let record = try record(of: upload)
        let received = received(upload, record)
        guard record.imported != nil || received == record.totalBytes else {
            throw Problem.conflict(
                "upload-unfinished",
                "upload \(upload) has \(received) of \(record.totalBytes) bytes; send the rest, then import again")
        }
        return (dataPath(of: upload), hashers[upload]?.digest(), record.imported)
    }

    /// The data has become an image. The record stays, so that a repeated upload finds that nothing is left to send.
    func markImported(_ upload: UploadID, as digest: Digest) throws {
        var record = try record(of: upload)
        guard record.imported == nil else { return }
        record.imported = digest
        try save(record, of: upload)
        unlink(dataPath(of: upload))
        hashers[upload] = nil
    }

    /// Lets an upload begin again.
    func forget(_ upload: UploadID) throws {
        active.removeValue(forKey: upload).map { _ = close($0.descriptor) }
        hashers[upload] = nil
        try FileManager.default.removeItem(atPath: path(of: upload))
    }

    /// Removes what is too old to be continued.
    public func sweep() throws {
        for name in try DurableFile.entries(of: directory) {
            let started = UploadID(name).flatMap { try? record(of: $0) }?.startedAt
            if let started, time.now().timeIntervalSince(started) < limits.ageSeconds { continue }
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }

    private func received(_ upload: UploadID, _ record: Record) -> UInt64 {
        if let active = active[upload] { return active.received }
        return record.imported == nil ? record.synced : record.totalBytes
    }

    private func sync(_ id: UploadID) throws {
        guard var upload = active[id] else { return }
        guard fdatasync(upload.descriptor) == 0 else { throw FileError("sync", dataPath(of: id)) }
        upload.record.synced = upload.received
        active[id] = upload
        try save(upload.record, of: id)
    }

    private func checkRoom(_ total: UInt64, _ upload: UploadID) throws {
        guard total <= limits.bytes else {
            throw Problem(
                status: 413, code: "too-large", title: "Upload too large",
                detail: "upload \(upload) would have \(total) bytes; at most \(limits.bytes) are taken")
        }
        let free = try DurableFile.freeBytes(at: directory)
        guard total + limits.reserveBytes <= free else {
            throw Problem.noSpace(
                """
                upload \(upload) needs \(total) bytes and \(limits.reserveBytes) must stay free, but \(directory) has \
                \(free); remove something there
                """)
        }
    }

    private func path(of upload: UploadID) -> String { directory + "/" + upload.description }
    private func dataPath(of upload: UploadID) -> String { path(of: upload) + "/data" }
    private func recordPath(of upload: UploadID) -> String { path(of: upload) + "/record.json" }

    private func record(of upload: UploadID) throws -> Record {
        if let active = active[upload] { return active.record }
        guard let data = FileManager.default.contents(atPath: recordPath(of: upload)) else {
            throw Problem.notFound("there is no upload \(upload); begin it with 'Content-Range: bytes 0-.../TOTAL'")
        }
        return try FleetJSON.decode(Record.self, from: data)
    }

    private func save(_ record: Record, of upload: UploadID) throws {
        try DurableFile.replace(recordPath(of: upload), with: FleetJSON.encode(record), mode: 0o600)
    }
}

/// The upload goes on elsewhere than the client thinks.
struct OffsetMismatch: Error {
    let received: UInt64
}

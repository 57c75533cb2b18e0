import FleetTestSupport
import Foundation
import Subprocess

/// Where the chunks and indexes of two versions of a disk lie, ours and casync's, and the programs that make and use them.
struct ChunkPlace {
    private static let limit = Duration.seconds(900)

    private let versions: DiskVersions
    private let virtfleet: String
    private let directory: TemporaryDirectory

    init(of versions: DiskVersions, _ context: BenchmarkContext) throws {
        self.versions = versions
        virtfleet = context.binaries + "/virtfleet"
        directory = try TemporaryDirectory(below: "/tmp")
        for name in ["rsync", "basis"] {
            try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: false)
        }
        // rsync looks for what it may copy under the name of what it fetches.
        try FileManager.default.linkItem(atPath: versions.first, toPath: file("basis/2.raw"))
        try FileManager.default.linkItem(atPath: versions.second, toPath: file("2.raw"))
    }

    var path: String { directory.path }
    func file(_ name: String) -> String { directory.file(name) }

    /// Makes chunks of both versions.
    /// - Returns: in bytes, what the second needs that the first did not have, each with its index.
    func publishAll() async throws -> (ours: Double, delta: Double, casync: Double) {
        var (ours, theirs) = (0.0, 0.0)
        for image in [versions.first, versions.second] {
            let before = (try bytes(below: "chunks"), try bytes(below: "casync"))
            let name = URL(filePath: image).deletingPathExtension().lastPathComponent
            try await run(
                virtfleet, ["image", "make", image, "--index", file("\(name).caibx"), "--store", file("chunks")])
            try await run(
                "/usr/bin/casync", ["make", "--store=" + file("casync"), file("\(name)-casync.caibx"), image])
            ours = try bytes(below: "chunks") - before.0 + bytes(of: "\(name).caibx")
            theirs = try bytes(below: "casync") - before.1 + bytes(of: "\(name)-casync.caibx")
        }
        try await run(
            virtfleet,
            ["image", "delta", file("1.caibx"), file("2.caibx"), file("1-2.delta"), "--store", file("chunks")])
        return (ours, bytes(of: "1-2.delta") + bytes(of: "2.caibx"), theirs)
    }

    func make(store: String) async throws {
        try await run(virtfleet, ["image", "make", versions.first, "--index", file("made.caibx"), "--store", store])
    }

    func casyncMake(store: String) async throws {
        let size = "--chunk-size=65536:65536:65536"
        try await run("/usr/bin/casync", ["make", size, "--store=" + store, file("made-casync.caibx"), versions.first])
    }

    /// - Parameter options: of 'virtfleet image extract', more.
    func extract(from url: String, seed: String, to target: String, _ options: [String] = []) async throws {
        try await run(
            virtfleet, ["image", "extract", file("2.caibx"), target, "--store", url, "--seed", seed] + options)
    }

    /// With the index of the seed, which nobody has written to.
    func extract(from url: String, knownSeed: String, to target: String, _ options: [String] = []) async throws {
        try await extract(from: url, seed: knownSeed, to: target, ["--seed-index", file("1.caibx")] + options)
    }

    /// Brings the delta first.
    func extract(from url: String, knownSeed: String, delta: String, to target: String) async throws {
        let fetched = file("fetched.delta")
        try await run("/usr/bin/curl", ["--silent", "--fail", "--output", fetched, delta])
        try await extract(from: url, knownSeed: knownSeed, to: target, ["--delta", fetched])
    }

    func casyncExtract(from url: String, seed: String, to target: String) async throws {
        try await run(
            "/usr/bin/casync", ["extract", "--store=" + url, "--seed=" + seed, file("2-casync.caibx"), target])
    }

    /// How long it takes to make the second version as a new file, which is compared with it and removed.
    func fetched(to target: String, _ fetch: (String) async throws -> Void) async throws -> Double {
        let time = try await seconds { try await fetch(target) }
        _ = try await Subprocess.run("cmp", [versions.second, target], timeout: Self.limit).successful()
        try FileManager.default.removeItem(atPath: target)
        return time
    }

    /// Begins when nothing is left to be written of what ran before.
    func seconds(_ body: () async throws -> Void) async throws -> Double {
        sync()
        return try await ContinuousClock().measure(body) / .seconds(1)
    }

    /// The most memory that is taken, in bytes, while an image that is mostly a hole is cut and put together.
    func memoryOfASparseImage(bytes: Int) async throws -> (make: Double, extract: Double) {
        let (image, index, store) = (file("sparse.raw"), file("sparse.caibx"), file("sparse"))
        _ = try await Subprocess.run("cp", ["--sparse=always", versions.second, image], timeout: Self.limit)
            .successful()
        guard truncate(image, bytes) == 0 else { throw CocoaError(.fileWriteUnknown) }
        let make = try await run(virtfleet, ["image", "make", image, "--index", index, "--store", store])
        let extract = try await run(virtfleet, ["image", "extract", index, file("sparse.out"), "--store", store])
        return (make, extract)
    }

    /// Runs a program to its good end.
    /// - Returns: the most memory that it had, in bytes.
    @discardableResult
    private func run(_ program: String, _ arguments: [String]) async throws -> Double {
        let log = file("log")
        let environment = ["HOME": directory.path, "PATH": "/usr/bin:/bin"]
        let child = try ChildProcess(program, arguments, environment: environment, output: .file(log))
        var memory = 0.0
        while child.exit == nil {
            memory = max(memory, ProcessUsage.peakMemory(child.pid).nanAsZero)
            try await Task.sleep(for: .milliseconds(10))
        }
        guard await child.wait() == .status(0) else {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw BenchmarkFailure("\(program) \(arguments.joined(separator: " ")) failed: \(text.suffix(1000))")
        }
        return memory
    }

    private func bytes(of name: String) -> Double {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file(name))
        return (attributes?[.size] as? NSNumber)?.doubleValue ?? 0
    }

    private func bytes(below name: String) throws -> Double {
        guard let names = FileManager.default.enumerator(atPath: file(name)) else { return 0 }
        return names.reduce(0) { $0 + (($1 as? String)?.hasSuffix(".cacnk") == true ? bytes(of: "\(name)/\($1)") : 0) }
    }
}

extension Double {
    /// A program that has just ended has no memory.
    fileprivate var nanAsZero: Double { isNaN ? 0 : self }
}

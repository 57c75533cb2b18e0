import FleetTestSupport
import Foundation
import Subprocess

/// What hosts fetch from, on loopback: an nginx with the chunks, and an rsync daemon with the whole images.
final class ImageServers: Sendable {
    private let nginx: NginxServer
    private let daemon: ChildProcess
    private let port: UInt16
    private let directory: TemporaryDirectory

    init(of place: ChunkPlace) async throws {
        nginx = try await NginxServer(serving: place.path)
        directory = try TemporaryDirectory()
        port = LoopbackPort.free()
        let configuration = directory.file("rsyncd.conf")
        try """
        address = 127.0.0.1
        port = \(port)
        use chroot = no
        [images]
        path = \(place.path)
        uid = root
        gid = root
        """.write(toFile: configuration, atomically: true, encoding: .utf8)
        daemon = try ChildProcess(
            "/usr/bin/rsync", ["--daemon", "--no-detach", "--config=" + configuration],
            output: .file(directory.file("log")))
        let (daemon, port) = (daemon, port)
        guard try await eventually({ LoopbackPort.accepts(port) || daemon.exit != nil }), daemon.exit == nil else {
            throw BenchmarkFailure("rsync does not start as a daemon")
        }
    }

    deinit { daemon.signal(SIGKILL) }

    var chunks: String { nginx.url + "/chunks" }
    var casync: String { nginx.url + "/casync" }
    var delta: String { nginx.url + "/1-2.delta" }

    /// Fetches `2.raw` into one directory, and copies what it can from the file of that name in another.
    /// - Returns: in bytes, what went both ways.
    func rsync(basis: String, to target: String) async throws -> Double {
        let output = try await Subprocess.run(
            "rsync",
            [
                "--block-size=16384", "--compress", "--compress-choice=zstd", "--sparse", "--copy-dest=" + basis,
                "--ignore-times", "--no-human-readable", "--stats", "rsync://127.0.0.1:\(port)/images/2.raw",
                target + "/",
            ], timeout: .seconds(900)
        ).successful()
        return try Self.sum(of: /Total bytes (?:sent|received): ([0-9]+)/, in: output.text)
    }

    /// Fetches `2.raw` by way of `2.raw.zsync`, which it makes, with a seed.
    /// - Returns: in bytes, both of them.
    func zsync(seed: String, in directory: String) async throws -> Double {
        let list = directory + "/2.raw.zsync"
        _ = try await Subprocess.run(
            "zsyncmake", ["-u", nginx.url + "/2.raw", "-o", list, directory + "/2.raw"], timeout: .seconds(900)
        ).successful()
        let output = try await Subprocess.run(
            "zsync", ["-i", seed, "-o", directory + "/zsync.raw", list], environment: ["PATH": "/usr/bin:/bin"],
            timeout: .seconds(900)
        ).successful()
        let attributes = try FileManager.default.attributesOfItem(atPath: list)
        let length = (attributes[.size] as? NSNumber)?.doubleValue ?? .nan
        return try length + Self.sum(of: /fetched ([0-9]+)/, in: output.text + output.errorText)
    }

    private static func sum(of pattern: Regex<(Substring, Substring)>, in text: String) throws -> Double {
        let numbers = text.matches(of: pattern).compactMap { Double($0.output.1) }
        guard !numbers.isEmpty else { throw BenchmarkFailure("no number of bytes in: \(text.suffix(1000))") }
        return numbers.reduce(0, +)
    }
}

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

    /// Fetches `2.raw` into one directory, and copies what it can from the file of that name in another.
    func rsync(basis: String, to target: String) async throws {
        _ = try await Subprocess.run(
            "rsync",
            [
                "--block-size=16384", "--compress", "--compress-choice=zstd", "--sparse", "--copy-dest=" + basis,
                "--ignore-times", "rsync://127.0.0.1:\(port)/images/2.raw", target + "/",
            ], timeout: .seconds(900)
        ).successful()
    }
}

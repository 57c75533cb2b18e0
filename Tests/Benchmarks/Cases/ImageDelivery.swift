import FleetTestSupport
import Foundation
import Subprocess

/// A new version of a disk image on its way to a host that has the old one: what goes over the wire, and how long it takes to cut it
/// into chunks and to put it together again, beside casync and rsync. The chunks come from an nginx on loopback.
struct ImageDelivery: Benchmark {
    static let name = "images"
    static let summary = "a new version of a 4 GiB NTFS image beside casync, rsync and zsync"
    /// A run of casync's takes minutes.
    private static let runs = 3

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let versions = try await DiskVersions(below: "/tmp")
        context.say("both versions are made")
        let place = try ChunkPlace(of: versions, context)
        let bytes = try await place.publishAll()
        context.say("all chunks are made")
        let servers = try await ImageServers(of: place)
        let xfs = try await ReflinkFileSystem(bytes: 24 << 30)
        let seed = xfs.file("1.raw")
        _ = try await Subprocess.run("cp", ["--sparse=always", versions.first, seed], timeout: .seconds(120))
            .successful()

        var (made, theirMade): ([Double], [Double]) = ([], [])
        var (fetched, reflinked, known, patched): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        var (casync, rsync, rsyncBytes): ([Double], [Double], [Double]) = ([], [], [])
        for run in 1...Self.runs {
            // They stay: ext4 is slow to make files where it has just removed many.
            made.append(try await place.seconds { try await place.make(store: place.file("made-\(run)")) })
            theirMade.append(try await place.seconds { try await place.casyncMake(store: place.file("casync-\(run)")) })
            fetched.append(
                try await place.fetched(to: place.file("ours.raw")) {
                    try await place.extract(from: servers.chunks, seed: versions.first, to: $0)
                })
            reflinked.append(
                try await place.fetched(to: xfs.file("2.raw")) {
                    try await place.extract(from: servers.chunks, seed: seed, to: $0)
                })
            known.append(
                try await place.fetched(to: xfs.file("2.raw")) {
                    try await place.extract(from: servers.chunks, knownSeed: seed, to: $0)
                })
            patched.append(
                try await place.fetched(to: xfs.file("2.raw")) {
                    try await place.extract(from: servers.chunks, knownSeed: seed, delta: servers.delta, to: $0)
                })
            casync.append(
                try await place.fetched(to: place.file("casync.raw")) {
                    try await place.casyncExtract(from: servers.casync, seed: versions.first, to: $0)
                })
            rsync.append(
                try await place.fetched(to: place.file("rsync/2.raw")) { _ in
                    rsyncBytes.append(
                        try await servers.rsync(basis: place.file("basis"), to: place.file("rsync")) / 1e6)
                })
            context.say("run \(run) of \(Self.runs)")
        }
        let zsyncBytes = try await servers.zsync(seed: versions.first, in: place.path)
        let memory = try await place.memoryOfASparseImage(bytes: 100 << 30)
        return [
            Measurement(
                "image, v1 to v2, chunks and index", [bytes.ours / 1e6], unit: "MB", versus: "casync, its own chunks",
                reference: [bytes.casync / 1e6]
            ).goal("≤ 0.90×") { $0.ratio ?? .infinity <= 0.90 },
            Measurement(
                "image, v1 to v2, delta and index", [bytes.delta / 1e6], unit: "MB", versus: "casync, its own chunks",
                reference: [bytes.casync / 1e6]
            ).goal("≤ 0.55×") { $0.ratio ?? .infinity <= 0.55 },
            Measurement(
                "image, v1 to v2, delta and index", [bytes.delta / 1e6], unit: "MB", versus: "zsync",
                reference: [zsyncBytes / 1e6]
            ).goal("≤ 0.40×") { $0.ratio ?? .infinity <= 0.40 },
            Measurement(
                "image, v1 to v2, delta and index", [bytes.delta / 1e6], unit: "MB", versus: "rsync, 16 KiB, zstd",
                reference: rsyncBytes
            ).goal("≤ 0.85×") { $0.ratio ?? .infinity <= 0.85 },
            Measurement(
                "image, v1 cut into chunks of 64 KiB", made, unit: "s", versus: "casync make, fixed",
                reference: theirMade
            ).goal("≤ 1/2.5") { $0.ratio ?? .infinity <= 1 / 2.5 },
            Measurement(
                "image, v2 fetched with v1 as seed", fetched, unit: "s", versus: "casync extract", reference: casync
            ).goal("≤ 1/8") { $0.ratio ?? .infinity <= 1.0 / 8 },
            Measurement(
                "image, v2 fetched with v1 as seed", fetched, unit: "s", versus: "rsync, 16 KiB, zstd",
                reference: rsync
            ).goal("≤ 1/2") { $0.ratio ?? .infinity <= 1.0 / 2 },
            Measurement(
                "image, v2 on a reflink of v1", reflinked, unit: "s", versus: "casync extract", reference: casync
            ).goal("≤ 1/12") { $0.ratio ?? .infinity <= 1.0 / 12 },
            Measurement(
                "image, v2 on a reflink of a known v1", known, unit: "s", versus: "casync extract", reference: casync
            ).goal("≤ 1.5 s") { $0.value <= 1.5 },
            Measurement(
                "image, v2 by a delta on a reflink of a known v1", patched, unit: "s", versus: "casync extract",
                reference: casync),
            Measurement("image of 100 GiB, cut, most memory", [memory.make / 1e6], unit: "MB")
                .goal("≤ 67.1 MB") { $0.value <= 67.1 },
            Measurement("image of 100 GiB, put together, most memory", [memory.extract / 1e6], unit: "MB")
                .goal("≤ 67.1 MB") { $0.value <= 67.1 },
        ]
    }
}

import CommandLineKit
import FleetRuntime
import ImageStore

enum ImageExtract {
    private static let target = Argument<String>.positional(
        "TARGET", "The raw image to be made; it must not be there yet", completion: .files)
    private static let stores = Argument<[String]>.options(
        "store", "DIR|URL", "The directory of the chunks, or where a web server has it; several URLs are mirrors",
        atLeastOne: true, completion: .files)
    private static let rate = Argument<ByteRate?>.option(
        "limit-rate", "RATE", "At most so much a second from web servers, such as 500K or 2M")
    private static let seeds = Argument<[String]>.options(
        "seed", "IMAGE", "A raw image that may hold parts of it at the same places, such as the last version",
        completion: .files)
    private static let seedIndex = Argument<String?>.option(
        "seed-index", "OLD.caibx",
        "What the first seed is made of, and nobody has written to it since: what both have is not read where they can share it",
        completion: .files)
    private static let delta = Argument<String?>.option(
        "delta", "FILE", "What makes it of a seed (virtfleet image delta); what is wrong there comes from the store",
        completion: .files)

    static let command = Command(
        "extract", "Make a raw disk image of its chunks",
        discussion: """
            Each chunk is compared with its name before it counts, and the image has its name when it is whole. What a broken attempt \
            leaves behind, in TARGET.part, the next one goes on with. A server that does not answer is asked until it does.
            """,
        arguments: [
            ImageArguments.index.specification, target.specification, stores.specification, seeds.specification,
            seedIndex.specification, delta.specification, rate.specification,
        ],
        examples: [
            .init(
                "virtfleet image extract win11-2.caibx win11-2.raw --store https://images.example.org/chunks",
                "from a web server"),
            .init(
                "virtfleet image extract win11-2.caibx win11-2.raw --store chunks --seed win11-1.raw",
                "with the last version at hand"),
            .init(
                "virtfleet image extract 2.caibx 2.raw --store https://images.example.org/chunks --seed 1.raw --delta 1-2.delta",
                "and with what has changed since"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let target = try arguments(target)
        guard !DurableFile.exists(target) else {
            throw Failure("\(target) is there already; remove it, or name another file", exitCode: .conflict)
        }
        let index = try ChunkIndex(file: try arguments(ImageArguments.index))
        let seeds = try arguments(seeds)
        guard try arguments(seedIndex) == nil || !seeds.isEmpty else {
            throw UsageError("'--seed-index' takes a '--seed'")
        }
        let delta = try arguments(delta).map { path throws(ImageError) in try DeltaPack(file: path) }
        let extractor = ImageExtractor(
            source: try source(try arguments(stores)), seeds: seeds,
            unchanged: try arguments(seedIndex).flatMap { path throws(ImageError) in try index.chunks(alsoIn: path) },
            delta: delta,
            limit: try arguments(rate).map { RateLimit(bytesPerSecond: $0.bytesPerSecond) })
        let bar = ImageProgressBar("extracting", console.error)
        defer { bar.finish() }
        let origins = try await extractor.extract(index, to: target) { origins, trouble in
            bar.show(origins.bytes, of: index.size, trouble.map { ", trying again: \($0)" } ?? "")
        }
        bar.finish()
        try session.show(ExtractedImage(target, origins), as: ExtractedImage.presentation)
        return .success
    }

    private static func source(_ stores: [String]) throws -> ChunkSource {
        let urls = stores.filter { $0.hasPrefix("http://") || $0.hasPrefix("https://") }
        if urls.count == stores.count { return .servers(ChunkServers(mirrors: urls)) }
        guard stores.count == 1 else { throw UsageError("'--store': one directory, or URLs that have the same chunks") }
        return .directory(ChunkStore(directory: stores[0]))
    }
}

/// What 'extract' tells of its work, in bytes.
private struct ExtractedImage: Encodable, Sendable {
    let image: String
    let sizeBytes: UInt64
    let holeBytes: UInt64
    let resumedBytes: UInt64
    let seedBytes: UInt64
    let deltaBytes: UInt64
    let storeBytes: UInt64
    let packedBytes: UInt64

    init(_ path: String, _ origins: ImageExtractor.Origins) {
        image = path
        sizeBytes = origins.bytes
        holeBytes = origins.holes
        resumedBytes = origins.target
        seedBytes = origins.seeds
        deltaBytes = origins.delta
        storeBytes = origins.store
        packedBytes = origins.packed
    }

    static let presentation = Presentation<ExtractedImage>(
        columns: [
            Column("IMAGE") { Cell($0.image) },
            Column("SIZE", alignment: .right) { .bytes($0.sizeBytes) },
            Column("SEEDS", alignment: .right) { .bytes($0.seedBytes) },
            Column("DELTA", alignment: .right) { .bytes($0.deltaBytes) },
            Column("STORE", alignment: .right) { .bytes($0.storeBytes) },
            Column("PACKED", alignment: .right) { .bytes($0.packedBytes) },
        ],
        emptyHint: "", name: \.image,
        details: { made in
            [
                DetailSection(
                    nil,
                    [
                        ("Image", Cell(made.image)), ("Disk", .bytes(made.sizeBytes)),
                        ("From seeds", .bytes(made.seedBytes)), ("By the delta", .bytes(made.deltaBytes)),
                        ("Was there", .bytes(made.resumedBytes)),
                        ("Zeros", .bytes(made.holeBytes)),
                        (
                            "From the store",
                            Cell("\(HumanText.bytes(made.storeBytes)), \(HumanText.bytes(made.packedBytes)) packed")
                        ),
                    ])
            ]
        })
}

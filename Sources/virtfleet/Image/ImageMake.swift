import CommandLineKit
import FleetRuntime
import ImageStore

enum ImageMake {
    private static let image = Argument<String>.positional("IMAGE", "The disk image", completion: .files)
    private static let index = Argument<String>.requiredOption(
        "index", "FILE.caibx", "Where to write which chunks the image is made of", completion: .files)
    private static let format = Argument<SourceImage.Format?>.option(
        "format", "FORMAT", "The image's format, where its name does not end with it")
    private static let chunkSize = Argument<ChunkSize?>.option(
        "chunk-size", "SIZE", "Of each chunk; 64K up to 64 GiB, more above when absent")
    /// casync takes no more than this of an index from a web server.
    private static let casyncsLimit: UInt64 = 16 << 20

    static let command = Command(
        "make", "Cut a disk image into chunks that a web server can serve",
        discussion: """
            What a guest sees of the disk is cut; with its backing files, if it has any. Chunks that are in the store already are not \
            packed again, so a new version of an image adds what has changed. 'casync extract' and 'desync extract' read the result.
            """,
        arguments: [
            image.specification, index.specification, ImageArguments.store.specification, format.specification,
            chunkSize.specification,
        ],
        examples: [
            .init("virtfleet image make win11.qcow2 --index win11-2.caibx --store chunks", "beside the last version"),
            .init("virtfleet image make disk.img --format qcow2 --index d.caibx --store chunks", "told its format"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let path = try arguments(image)
        let source = try arguments(format).map { SourceImage(path: path, format: $0) } ?? SourceImage(path: path)
        let boot = String(decoding: try DurableFile.bytes(of: "/proc/sys/kernel/random/boot_id"), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined()
        let directory = try arguments(ImageArguments.store)
        let publisher = ChunkPublisher(store: ChunkStore(directory: directory), boot: boot)
        let bar = ImageProgressBar("making", console.error)
        defer { bar.finish() }
        let target = try arguments(index)
        let publication = try await publisher.publish(
            source, index: target, chunkSize: try arguments(chunkSize)
        ) { bar.show($0, of: $1) }
        bar.finish()
        if let length = DurableFile.size(target), length > casyncsLimit {
            console.error.line(
                "\(target) has \(HumanText.bytes(length)): casync reads it as a file, but not from a web server")
        }
        try session.show(MadeImage(publication, index: target, store: directory), as: MadeImage.presentation)
        return .success
    }
}

/// What 'make' tells of its work.
private struct MadeImage: Encodable, Sendable {
    let index: String
    let store: String
    let sizeBytes: UInt64
    let chunkSizeBytes: UInt64
    let chunks: Int
    let addedChunks: Int
    let addedBytes: UInt64

    init(_ publication: ChunkPublisher.Publication, index: String, store: String) {
        self.index = index
        self.store = store
        sizeBytes = publication.index.size
        chunkSizeBytes = publication.index.lengths.maximum
        chunks = publication.index.count
        addedChunks = publication.addedChunks
        addedBytes = publication.addedBytes
    }

    static let presentation = Presentation<MadeImage>(
        columns: [
            Column("INDEX") { Cell($0.index) },
            Column("SIZE", alignment: .right) { .bytes($0.sizeBytes) },
            Column("CHUNKS", alignment: .right) { Cell("\($0.chunks)") },
            Column("ADDED", alignment: .right) { Cell("\($0.addedChunks)") },
            Column("BYTES ADDED", alignment: .right) { .bytes($0.addedBytes) },
        ],
        emptyHint: "", name: \.index,
        details: { made in
            [
                DetailSection(
                    nil,
                    [
                        ("Index", Cell(made.index)), ("Store", Cell(made.store)), ("Disk", .bytes(made.sizeBytes)),
                        ("Chunks", Cell("\(made.chunks) of \(HumanText.bytes(made.chunkSizeBytes))")),
                        ("Added", Cell("\(made.addedChunks) chunks, \(HumanText.bytes(made.addedBytes)) packed")),
                    ])
            ]
        })
}

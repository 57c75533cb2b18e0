import CommandLineKit
import FleetRuntime
import ImageStore

enum ImageDelta {
    private static let old = Argument<String>.positional(
        "OLD.caibx", "Which chunks the version is made of that hosts have", completion: .files)
    private static let new = Argument<String>.positional(
        "NEW.caibx", "Which chunks the version is made of that they shall get", completion: .files)
    private static let file = Argument<String>.positional("FILE", "The delta to be made", completion: .files)

    static let command = Command(
        "delta", "Write what has changed between two versions of an image to one file",
        discussion: """
            Whoever has the old version makes the new one with 'virtfleet image extract --delta', for about half the bytes that the \
            changed chunks take: what has changed is told by blocks of 4 KiB. Both versions' chunks \
            are in the store. A host that has another version takes chunks.
            """,
        arguments: [old.specification, new.specification, file.specification, ImageArguments.store.specification],
        examples: [
            .init("virtfleet image delta win11-1.caibx win11-2.caibx 1-2.delta --store chunks", "for hosts that have 1")
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let old = try ChunkIndex(file: try arguments(old))
        let new = try ChunkIndex(file: try arguments(new))
        let (path, directory) = (try arguments(file), try arguments(ImageArguments.store))
        let bar = ImageProgressBar("comparing", console.error)
        defer { bar.finish() }
        let outcome = try await DeltaMaker(store: ChunkStore(directory: directory)).make(from: old, to: new, at: path) {
            bar.show($0, of: $1)
        }
        bar.finish()
        try session.show(MadeDelta(outcome, path), as: MadeDelta.presentation)
        return .success
    }
}

/// What 'delta' tells of its work.
private struct MadeDelta: Encodable, Sendable {
    let delta: String
    let changedChunks: Int
    let newBlocks: Int
    let sizeBytes: UInt64

    init(_ outcome: DeltaMaker.Outcome, _ path: String) {
        delta = path
        changedChunks = outcome.chunks
        newBlocks = outcome.blocks
        sizeBytes = outcome.bytes
    }

    static let presentation = Presentation<MadeDelta>(
        columns: [
            Column("DELTA") { Cell($0.delta) },
            Column("CHANGED", alignment: .right) { Cell("\($0.changedChunks)") },
            Column("NEW BLOCKS", alignment: .right) { Cell("\($0.newBlocks)") },
            Column("SIZE", alignment: .right) { .bytes($0.sizeBytes) },
        ],
        emptyHint: "", name: \.delta,
        details: { made in
            [
                DetailSection(
                    nil,
                    [
                        ("Delta", Cell(made.delta)), ("Size", .bytes(made.sizeBytes)),
                        ("Changed", Cell("\(made.changedChunks) chunks")),
                        ("New", Cell("\(made.newBlocks) blocks of 4 KiB")),
                    ])
            ]
        })
}

import CommandLineKit
import FleetRuntime
import ImageStore

enum ImageGC {
    private static let indexes = Argument<String>.requiredOption(
        "indexes", "DIR", "The directory of all indexes whose images are still wanted", completion: .files)
    private static let dryRun = Argument<Bool>.flag("dry-run", "Tell what would be removed, and remove nothing")

    static let command = Command(
        "gc", "Remove chunks that no index names any more",
        discussion: """
            Delete the indexes of images that nobody wants first. An index that lies elsewhere is not known: its image cannot be made \
            any more. Nobody writes to the store meanwhile.
            """,
        arguments: [
            ImageArguments.store.specification, indexes.specification, dryRun.specification,
            Confirmation.yes.specification,
        ],
        examples: [
            .init("virtfleet image gc --store chunks --indexes indexes --dry-run", "what a clearing would free")
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let (directory, indexes) = (try arguments(ImageArguments.store), try arguments(indexes))
        let clearing = StoreClearing(ChunkStore(directory: directory), indexes: indexes)
        let isTrial = try arguments(dryRun)
        if !isTrial {
            let found = try clearing.run(isTrial: true)
            try Confirmation.demand(
                """
                \(found.removedChunks) chunks of \(directory), \(HumanText.bytes(found.removedBytes)), are named by no index in \
                \(indexes). Remove them?
                """, arguments, console)
        }
        let outcome = ClearedStore(try clearing.run(isTrial: isTrial), store: directory, isTrial: isTrial)
        try session.show(outcome, as: ClearedStore.presentation)
        return .success
    }
}

/// What 'gc' tells of its work.
private struct ClearedStore: Encodable, Sendable {
    let store: String
    let keptChunks: Int
    let removedChunks: Int
    let removedBytes: UInt64
    let dryRun: Bool

    init(_ outcome: StoreClearing.Outcome, store: String, isTrial: Bool) {
        self.store = store
        keptChunks = outcome.keptChunks
        removedChunks = outcome.removedChunks
        removedBytes = outcome.removedBytes
        dryRun = isTrial
    }

    static let presentation = Presentation<ClearedStore>(
        columns: [
            Column("STORE") { Cell($0.store) },
            Column("KEPT", alignment: .right) { Cell("\($0.keptChunks)") },
            Column("REMOVED", alignment: .right) { Cell("\($0.removedChunks)") },
            Column("BYTES", alignment: .right) { .bytes($0.removedBytes) },
        ],
        emptyHint: "", name: \.store,
        details: { cleared in
            [
                DetailSection(
                    nil,
                    [
                        ("Store", Cell(cleared.store)), ("Kept", Cell("\(cleared.keptChunks) chunks")),
                        (
                            cleared.dryRun ? "To be removed" : "Removed",
                            Cell("\(cleared.removedChunks) chunks, \(HumanText.bytes(cleared.removedBytes))")
                        ),
                    ])
            ]
        })
}

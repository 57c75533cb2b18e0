import CommandLineKit
import FleetRuntime
import ImageStore

enum ImageVerify {
    private static let store = Argument<String?>.option(
        "store", "DIR", "Look through the chunks in this directory", completion: .files)
    private static let image = Argument<String?>.option(
        "image", "IMAGE", "Look through this raw image", completion: .files)
    private static let delta = Argument<String?>.option(
        "delta", "FILE", "Look through this delta that makes the image of an older one", completion: .files)

    static let command = Command(
        "verify", "Compare an image's chunks with what their names say",
        discussion: "Exit status: 0 when all is right, 1 when something is missing or damaged.",
        arguments: [ImageArguments.index.specification, store.specification, image.specification, delta.specification],
        examples: [
            .init("virtfleet image verify win11-2.caibx --store chunks", "can the image be made from there?"),
            .init("virtfleet image verify win11-2.caibx --image win11-2.raw", "is it still what was made?"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let places =
            try arguments(store).map { [.store(ChunkStore(directory: $0))] } ?? []
            + (try arguments(image).map { [ImageVerifier.Place.image($0)] } ?? [])
            + (try arguments(delta).map { [ImageVerifier.Place.delta(try DeltaPack(file: $0))] } ?? [])
        guard !places.isEmpty else {
            throw UsageError("say what to look through: --store DIR, --image IMAGE, --delta FILE, or several of them")
        }
        let index = try ChunkIndex(file: try arguments(ImageArguments.index))
        var faults: [ImageFault] = []
        for place in places {
            let bar = ImageProgressBar("verifying", console.error)
            defer { bar.finish() }
            faults += try await ImageVerifier(index).faults(in: place) { bar.show($0, of: $1) }.map(ImageFault.init)
        }
        try session.show(faults, as: ImageFault.presentation)
        return faults.isEmpty ? .success : .failure
    }
}

/// A chunk that is not what it should be.
private struct ImageFault: Encodable, Sendable {
    let chunk: String
    let offset: UInt64
    let reason: String

    init(_ fault: ImageVerifier.Fault) {
        chunk = fault.chunk.description
        offset = fault.offset
        reason = fault.reason
    }

    static let presentation = Presentation<ImageFault>(
        columns: [
            Column("OFFSET", alignment: .right) { Cell("\($0.offset)") },
            Column("FAULT", mayShrink: true) { Cell($0.reason) },
            Column("CHUNK", isWide: true) { Cell($0.chunk) },
        ],
        emptyHint: "all chunks are what their names say", name: \.chunk,
        details: { _ in [] })
}

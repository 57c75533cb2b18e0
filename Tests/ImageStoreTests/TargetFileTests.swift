import FleetRuntime
import FleetTestSupport
import Testing

@testable import ImageStore

/// Who may work on an image that is being made.
@Suite struct TargetFileTests {
    /// Two versions would end up in one file.
    @Test func oneExtractionAtATimeWorksOnATarget() async throws {
        let (image, other) = (try await ChunkedImage(chunks: 10), try await ChunkedImage(chunks: 12, seed: 6))
        var first: TargetFile? = try TargetFile(for: image.target, image.index)
        let error = await #expect(throws: ImageError.self) {
            try await ImageExtractor(source: .directory(other.store)).extract(other.index, to: image.target)
        }
        #expect(error?.message.hasPrefix("another extraction is at work on \(image.target).part") == true)
        withExtendedLifetime(first) {}
        first = nil
        _ = try await ImageExtractor(source: .directory(image.store)).extract(image.index, to: image.target)
        #expect(try image.isMade())
    }
}

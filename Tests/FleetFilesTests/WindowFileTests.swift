import FleetFiles
import FleetTestSupport
import FoundationEssentials
import Testing

@Suite struct WindowFileTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "config/windows").path

    /// What operators copy: `nights` shows every key with its default.
    @Test func theShippedWindowShowsEveryKeyWithItsDefault() throws {
        let file = Self.directory + "/nights.yaml"
        #expect(try Window(file: file) == Window())
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for key in try Window().document().keys { #expect(text.contains("\n\(key): "), "\(key)") }
    }
}

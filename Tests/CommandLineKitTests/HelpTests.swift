import CommandLineKit
import FleetTestSupport
import FoundationEssentials
import Testing

@Suite struct HelpTests {
    @Test(arguments: [["--help"], ["thing", "--help"], ["thing", "move", "--help"], ["thing", "pack", "--help"]])
    func helpIsAsWritten(_ words: [String]) async throws {
        let outcome = await run(words)
        let name = "help-" + (words.dropLast().last ?? "example") + ".txt"
        let difference = try GoldenFile(name).difference(from: outcome.output)
        #expect(difference == nil)
        for line in outcome.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        #expect(!outcome.output.contains("secret"))
    }

    @Test func everyCommandHasAManualPageThatManAccepts() async throws {
        let directory = try TemporaryDirectory()
        #expect(await run("__man", directory.path).code == .success)
        let pages = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(
            pages == [
                "example-completion.1", "example-thing-move.1", "example-thing-pack.1", "example-thing.1", "example.1",
            ])
        for page in pages {
            let complaints = try await shell("groff -man -Tutf8 -ww -z '\(directory.file(page))' 2>&1")
            #expect(complaints == "", "\(page)")
        }
        let text = try await shell("groff -man -Tascii '\(directory.file("example-thing-move.1"))' | col -bx")
        #expect(text.contains("example thing move [OPTIONS] TARGET"))
        #expect(text.contains("-s, --speed SPEED"))
        #expect(text.contains("one of slow, fast; default slow"))
    }
}

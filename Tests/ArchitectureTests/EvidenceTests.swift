import FoundationEssentials
import Testing

/// docs/evidence.md names tests; each of them exists.
@Suite struct EvidenceTests {
    @Test func everyTestThatIsNamedExists() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let text = try String(contentsOfFile: repository + "/docs/evidence.md", encoding: .utf8)
        let files = try FileManager.default.subpathsOfDirectory(atPath: repository + "/Tests")
        let names = text.split(separator: "`").map { $0.split(separator: ".").map(String.init) }
            .filter { (2...3).contains($0.count) && $0[0].hasSuffix("Tests") }
        #expect(names.count > 80)
        for name in names {
            let candidates = files.filter { $0.hasPrefix("\(name[0])/") && $0.hasSuffix("/\(name[1]).swift") }
            #expect(candidates.count == 1, "\(name)")
            guard name.count == 3, let file = candidates.first else { continue }
            let source = try String(contentsOfFile: "\(repository)/Tests/\(file)", encoding: .utf8)
            #expect(source.contains("func \(name[2])("), "\(name)")
        }
    }
}

import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import HostInspection

/// The table of checks as a whole, and docs/readiness.md against it.
@Suite struct CheckTableTests {
    private static let page: String? = {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try? String(contentsOf: repository.appending(path: "docs/readiness.md"), encoding: .utf8)
    }()

    /// Headings of the second order, as GitHub makes anchors of them.
    private static var anchors: [String] {
        (page ?? "").split(separator: "\n").filter { $0.hasPrefix("## ") }.map {
            String($0.dropFirst(3).lowercased().map { $0 == " " ? "-" : $0 })
        }
    }

    @Test func everyFileOfChecksIsInTheTable() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/HostInspection/Readiness/Checks")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        #expect(files.count == Check.all.count)
        #expect(Set(Check.all.map(\.name)).count == Check.all.count)
    }

    @Test func theDocumentationHasASectionForEachCheckInTheOrderOfTheTable() {
        #expect(Self.anchors == ["which-profiles-fit"] + Check.all.map(\.name))
    }

    @Test func theDocumentationExplainsEachMessageOfTheTable() throws {
        let lines = try #require(Self.page).split(separator: "\n")
        for message in KernelMessage.all {
            let row = "| `\(message.quote)` | \(message.meaning) | \(message.action ?? "") |"
            #expect(lines.contains(row[...]), "\(row)")
        }
    }

    @Test func findingsPointToTheirSection() async throws {
        let document = ReadinessDocument(of: try await ReadinessFixture.facts())
        #expect(Set(document.findings.map(\.documentation)) == Set(Check.all.map { "docs/readiness.md#\($0.name)" }))
    }

    /// Without facts there are neither alarms nor praise.
    @Test func aMachineOfWhichNothingIsKnownIsUnknown() async throws {
        let office = try ReadinessFixture.profile("office")
        let facts = try await ReadinessFixture.facts { $0.profiles = [office] }
        let document = ReadinessDocument(of: facts)
        #expect(document.findings.map(\.check) == Check.all.map(\.name), "one finding each, in the table's order")
        #expect(document.findings.filter { $0.level != .unknown }.isEmpty)
        #expect(document.profiles.map(\.answer) == [.unknown])
    }

    @Test func aMachineInOrderHasNoWarnings() async throws {
        let facts = ReadinessFacts(
            try await FullInspection.make(), kernelLog: KernelLog(messages: [.init(text: "DMAR: IOMMU enabled")]),
            profiles: [try ReadinessFixture.profile("windows", secureBoot: true, tpm: true, bridge: "br-plc")])
        let document = ReadinessDocument(of: facts)
        // The host's own display is worth a word.
        #expect(document.findings.filter { $0.level != .ok }.map(\.check) == ["gpu-role"], "\(document)")
        #expect(document.profiles.map(\.answer) == [.fits])
    }

    @Test(arguments: 0..<40) func noFactsMakeACheckTrap(_ round: Int) async throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let tree = try FleetJSON.value(try await FullInspection.make())
        var decoded = 0
        for _ in 0..<1000 where decoded < 10 {
            let changed = JSONMutation.mutated(tree, with: &generator)
            guard let inspection = try? FleetJSON.decode(Inspection.self, from: changed) else { continue }
            decoded += 1
            let facts = ReadinessFacts(
                inspection, kernelLog: FactMutation.kernelLog(with: &generator),
                profiles: FactMutation.profiles(with: &generator), quotesMomentary: Bool.random(using: &generator))
            let document = ReadinessDocument(of: facts)
            let order = document.findings.map { finding in Check.all.firstIndex { $0.name == finding.check } ?? -1 }
            #expect(order == order.sorted() && Set(order) == Set(Check.all.indices), "seed \(seed)")
            for finding in document.findings {
                #expect(!finding.evidence.isEmpty && !finding.reason.isEmpty, "\(finding) seed \(seed)")
                #expect(finding.level == .ok ? finding.fix == nil : true, "\(finding) seed \(seed)")
            }
            #expect(document == ReadinessDocument(of: facts), "seed \(seed)")
        }
        #expect(decoded == 10, "seed \(seed)")
    }
}

import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

/// `virtfleet window ...` against a played controller.
@Suite struct WindowCommandTests {
    private static let window = window(at: Date(timeIntervalSince1970: 1_790_000_000))

    private static func window(at time: Date) -> DocumentResource {
        DocumentResource(
            name: ResourceName("nights")!,
            document: [
                "recurrence": .string("FREQ=WEEKLY;BYDAY=MO,TU"), "start": .string("2026-01-01T22:00"),
                "timeZone": .string("host"), "duration": .string("6h"), "cutoff": .string("30m"),
            ], createdAt: time, updatedAt: time)
    }

    private func fleet() throws -> FakeController {
        let opening = Date(timeIntervalSince1970: 1_800_000_000)
        let schedule = WindowOccurrences(
            timeZone: "Europe/Berlin",
            occurrences: (0..<2).map { day in
                let start = opening + Double(day) * 86_400
                return Occurrence(start: start, end: start + 6 * 3600)
            })
        return try FakeController([
            "GET /windows": { $1.respond(page: [Self.window(at: Fleet.now)]) },
            "GET /windows/nights": { $1.respond(json: Self.window) },
            "GET /windows/nights/occurrences": { $1.respond(json: schedule) },
            "POST /windows/nights": { $1.respond(json: DocumentApplication(applied: Self.window, changed: true)) },
            "DELETE /windows/nights": { $1.respond(204) },
        ])
    }

    @Test(arguments: [
        ("window-list", ["window", "list"]), ("window-show", ["window", "show", "nights", "--host", "anna-laptop"]),
        ("window-show-yaml", ["window", "show", "nights", "-o", "yaml"]),
    ])
    func whatIsShownIsAsWritten(_ name: String, _ words: [String]) async throws {
        let controller = try fleet()
        let output = try await controller.run(words, environment: ["TZ": "Europe/Berlin"])
        #expect(output.errorText == "")
        #expect(output.status == 0)
        let difference = try GoldenFile("\(name).txt").difference(from: output.text)
        #expect(difference == nil)
        if words.contains("--host") {
            #expect(controller.requests.contains { $0.target.hasSuffix("/occurrences?host=anna-laptop") })
        }
    }

    @Test func aFileIsAppliedByItsNameAndWhole() async throws {
        let controller = try fleet()
        let file = controller.directory.file("nights.yaml")
        try Data("duration: 4h\n".utf8).write(to: URL(filePath: file))
        let output = try await controller.run("window", "apply", file)
        #expect(output.status == 0)
        #expect(output.errorText == "window 'nights' is applied\n")
        let sent = try #require(controller.requests.first)
        #expect(
            sent.bodyText
                == #"{"cutoff":"30m","duration":"4h","recurrence":"FREQ=DAILY","start":"2026-01-01T22:00","timeZone":"host"}"#
        )
    }

    @Test func whatIsNoWindowIsToldWithItsPlaceAndNotSent() async throws {
        let controller = try fleet()
        let file = controller.directory.file("nights.yaml")
        try Data("durration: 4h\nstart: tonight\n".utf8).write(to: URL(filePath: file))
        let output = try await controller.run("window", "apply", file)
        #expect(output.status == 1)
        #expect(output.errorText.contains("nights.yaml:1:1: durration: unknown key; did you mean 'duration'?"))
        #expect(output.errorText.contains("nights.yaml:2:8: start: expected a local date and time"))
        #expect(controller.requests.isEmpty)
    }

    @Test func deletingAsksFirst() async throws {
        let controller = try fleet()
        let refused = try await controller.run("window", "delete", "nights")
        #expect(refused.status == 2 && !controller.requests.contains { $0.method == "DELETE" }, "\(refused.errorText)")
        let done = try await controller.run("window", "delete", "nights", "--yes")
        #expect(done.status == 0 && controller.requests.contains { $0.method == "DELETE" })
    }
}

import CommandLineKit
import FleetModel

extension EventResource {
    /// The body in a line of words.
    var summary: String {
        func word(_ key: String) -> String? { body[key]?.stringValue }
        func detail(_ text: String?) -> String? { text.map { "(\($0))" } }
        var step: String? {
            guard let index = body["step"]?["index"]?.integerValue, let count = body["step"]?["count"]?.integerValue
            else { return nil }
            return "\(index)/\(count) \(body["step"]?["name"]?.stringValue ?? "")"
        }
        let parts: [String?] =
            if type == .jobStatus {
                [word("kind"), word("state"), step, detail(word("reason")), word("job"), word("message")]
            } else if type == .jobDeferred {
                [
                    word("kind"), "put off by \(body["by"]?["name"]?.stringValue ?? "somebody")",
                    word("until").map { "until \($0)" }, word("job"),
                ]
            } else if body["event"] != nil {
                [word("name"), word("event"), detail(word("detail")), word("device")]
            } else {
                [word("what"), word("message")]
            }
        let text = parts.compactMap { $0 }.joined(separator: " ")
        return text.isEmpty ? body.flattened().map { "\($0)=\($1.text)" }.joined(separator: " ") : text
    }

    static let presentation = Presentation<EventResource>(
        columns: [
            Column("TIME") { .time($0.time) },
            Column("HOST") { Cell($0.hostName?.description ?? $0.host.description) },
            Column("TYPE") { Cell($0.type.rawValue) },
            Column("WHAT", mayShrink: true) { Cell($0.summary) },
            Column("RECEIVED", isWide: true) { .time($0.receivedAt) },
            Column("ID", isWide: true) { Cell("\($0.id)") },
        ],
        emptyHint: "no events", name: { "\($0.id)" },
        details: { event in
            [
                DetailSection(
                    nil,
                    [
                        ("ID", Cell("\(event.id)")), ("Type", Cell(event.type.rawValue)),
                        ("Host", .optional(event.hostName?.description)), ("Time", .time(event.time)),
                        ("Received", .time(event.receivedAt)),
                    ]), DetailSection("Body", event.body.flattened()),
            ]
        })
}

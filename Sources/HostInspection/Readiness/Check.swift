/// A question to the machine that a person setting it up would ask, with the answer and the next step. A check looks at
/// facts only, so the same facts give the same findings.
public struct Check: Sendable {
    /// Stable: it names the section of docs/readiness.md as well.
    public let name: String
    /// Why it matters, in one sentence.
    public let reason: String
    private let look: @Sendable (ReadinessFacts) -> [Outcome]

    init(_ name: String, reason: String, look: @escaping @Sendable (ReadinessFacts) -> [Outcome]) {
        self.name = name
        self.reason = reason
        self.look = look
    }

    public func findings(in facts: ReadinessFacts) -> [Finding] {
        look(facts).map {
            Finding(
                check: name, level: $0.level, evidence: $0.evidence, reason: $0.reason ?? reason, fix: $0.fix,
                documentation: documentation)
        }
    }

    var documentation: String { "docs/readiness.md#\(name)" }

    /// What a check says of one thing; the check adds its name and why it matters.
    struct Outcome {
        var level: Finding.Level
        var evidence: String
        /// In place of the check's.
        var reason: String?
        var fix: String?

        static func ok(_ evidence: String) -> Outcome { Outcome(level: .ok, evidence: evidence) }

        static func notice(_ evidence: String, fix: String? = nil) -> Outcome {
            Outcome(level: .notice, evidence: evidence, fix: fix)
        }

        static func warning(_ evidence: String, fix: String?) -> Outcome {
            Outcome(level: .warning, evidence: evidence, fix: fix)
        }

        static func failure(_ evidence: String, fix: String?) -> Outcome {
            Outcome(level: .failure, evidence: evidence, fix: fix)
        }

        /// - Parameter shownBy: what would show it, as a sentence.
        static func unknown(_ evidence: String, shownBy: String) -> Outcome {
            Outcome(level: .unknown, evidence: evidence, reason: shownBy)
        }
    }
}

import FleetModel

/// Reads a selection by recursive descent:
///
///     selection  = [ any ]
///     any        = all { "or" all }
///     all        = one { "and" one }
///     one        = "not" one | "(" any ")" | path ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
///                | path "in" "(" value { "," value } ")"
///     path       = member { "." member }
struct SelectorParser {
    private static let maximumLength = 4096
    private static let maximumDepth = 64

    private enum Kind: Equatable { case word, quoted, symbol, end }

    private struct Token: Equatable {
        var kind: Kind
        var text: String
        var column: Int

        func isWord(_ word: String) -> Bool { kind == .word && text == word }
        func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
        var shown: String { kind == .end ? "the end" : "'\(text)'" }
    }

    private var tokens: [Token]
    private var depth = 0

    static func parse(_ text: String) throws(SelectorProblem) -> Selector.Condition {
        guard text.utf8.count <= maximumLength else {
            throw SelectorProblem(column: 1, message: "it is longer than \(maximumLength) bytes")
        }
        var parser = SelectorParser(tokens: try tokens(of: text).reversed())
        if parser.next.kind == .end { return .everything }
        let condition = try parser.any()
        guard parser.next.kind == .end else { throw parser.unexpected("'and', 'or' or the end") }
        return condition
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    /// Last is next; the end stays.
    private var next: Token { tokens[tokens.count - 1] }

    @discardableResult
    private mutating func take() -> Token {
        tokens.count > 1 ? tokens.removeLast() : tokens[0]
    }

    private func unexpected(_ expected: String) -> SelectorProblem {
        SelectorProblem(column: next.column, message: "expected \(expected), found \(next.shown)")
    }

    private mutating func any() throws(SelectorProblem) -> Selector.Condition {
        var conditions = [try all()]
        while next.isWord("or") {
            take()
            conditions.append(try all())
        }
        return conditions.count == 1 ? conditions[0] : .any(conditions)
    }

    private mutating func all() throws(SelectorProblem) -> Selector.Condition {
        var conditions = [try one()]
        while next.isWord("and") {
            take()
            conditions.append(try one())
        }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private mutating func one() throws(SelectorProblem) -> Selector.Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw SelectorProblem(
                column: next.column, message: "more than \(Self.maximumDepth) levels within each other")
        }
        if next.isWord("not") {
            take()
            return .not(try one())
        }
        if next.isSymbol("(") {
            take()
            let condition = try any()
            try expect(")")
            return condition
        }
        return try comparison()
    }

    private mutating func comparison() throws(SelectorProblem) -> Selector.Condition {
        let path = try path()
        if next.isWord("in") {
            take()
            try expect("(")
            var alternatives: [Selector.Condition] = []
            repeat {
                if next.isSymbol(",") { take() }
                alternatives.append(.comparison(path, .equal, try literal()))
            } while next.isSymbol(",")
            try expect(")")
            return .any(alternatives)
        }
        guard next.kind == .symbol, let comparison = Selector.Comparison(rawValue: next.text) else {
            throw unexpected("one of \(Selector.Comparison.allCases.map(\.rawValue).joined(separator: " ")), or 'in'")
        }
        take()
        return .comparison(path, comparison, try literal())
    }

    private mutating func path() throws(SelectorProblem) -> [String] {
        guard next.kind == .word else { throw unexpected("what is asked of a host, such as labels.site") }
        let token = take()
        let members = token.text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard members.allSatisfy({ !$0.isEmpty }) else {
            throw SelectorProblem(column: token.column, message: "'\(token.text)' has an empty part between its dots")
        }
        guard HostFacts.members.contains(members[0]) else {
            throw SelectorProblem(
                column: token.column,
                message:
                    "nothing of a host is called '\(members[0])'; there are \(HostFacts.members.sorted().joined(separator: ", "))"
            )
        }
        return members
    }

    private mutating func literal() throws(SelectorProblem) -> Literal {
        guard next.kind == .word || next.kind == .quoted else { throw unexpected("a value") }
        return Literal(take().text)
    }

    private mutating func expect(_ symbol: String) throws(SelectorProblem) {
        guard next.isSymbol(symbol) else { throw unexpected("'\(symbol)'") }
        take()
    }

    // MARK: Tokens

    private static func tokens(of text: String) throws(SelectorProblem) -> [Token] {
        let characters = Array(text)
        var tokens: [Token] = []
        var at = 0
        while at < characters.count {
            let start = at
            let character = characters[at]
            if character.isWhitespace {
                at += 1
            } else if character == "\"" || character == "'" {
                guard let end = characters[(at + 1)...].firstIndex(of: character) else {
                    throw SelectorProblem(column: start + 1, message: "the quote is not closed")
                }
                tokens.append(Token(kind: .quoted, text: String(characters[at + 1..<end]), column: start + 1))
                at = end + 1
            } else if "=<>!(),".contains(character) {
                at += "<>!".contains(character) && at + 1 < characters.count && characters[at + 1] == "=" ? 2 : 1
                tokens.append(Token(kind: .symbol, text: String(characters[start..<at]), column: start + 1))
            } else {
                while at < characters.count, !characters[at].isWhitespace, !"=<>!(),\"'".contains(characters[at]) {
                    at += 1
                }
                tokens.append(Token(kind: .word, text: String(characters[start..<at]), column: start + 1))
            }
        }
        tokens.append(Token(kind: .end, text: "", column: characters.count + 1))
        return tokens
    }
}

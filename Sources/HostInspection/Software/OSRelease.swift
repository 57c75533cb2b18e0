/// os-release(5): the distribution's own words about itself.
struct OSRelease: Sendable {
    let name: String?
    let id: String?
    let version: String?

    init(_ root: HostRoot) {
        let text = root.text("/etc/os-release") ?? root.text("/usr/lib/os-release") ?? ""
        let values = ShellAssignments(text).values
        name = values["PRETTY_NAME"] ?? values["NAME"]
        id = values["ID"]
        version = values["VERSION_ID"]
    }
}

/// `KEY=value` lines, the value perhaps in shell quotes; the last of several counts.
struct ShellAssignments: Sendable {
    let values: [String: String]

    init(_ text: String) {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
            var value = line[line.index(after: equals)...]
            while value.last?.isWhitespace == true { value.removeLast() }
            if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
                value = value.dropFirst().dropLast()
            }
            values[String(line[..<equals])] = Self.unescaped(value)
        }
        self.values = values
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var escaped = false
        for character in text {
            if character == "\\" && !escaped {
                escaped = true
            } else {
                result.append(character)
                escaped = false
            }
        }
        return result
    }
}

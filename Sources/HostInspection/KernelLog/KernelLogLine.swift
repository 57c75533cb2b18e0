/// One line of a kernel log, in whichever of the usual forms it was captured:
///
///     6,339,5140900,-;NET: Registered PF_INET6            /dev/kmsg
///     [    5.140900] NET: Registered PF_INET6              dmesg, /var/log/dmesg
///     <6>[    5.140900] NET: Registered PF_INET6           dmesg --raw
///     kern  :info  : [    5.140900] NET: Registered        dmesg --decode
///     Nov 20 21:31:24 anna kernel: [    5.140900] NET: ... /var/log/kern.log
///     Nov 20 21:31:24 anna kernel: NET: Registered         journalctl --dmesg
struct KernelLogLine {
    private let text: Substring

    init(_ line: String) { text = Self.withoutColors(line) }

    /// The line as a record of /dev/kmsg; nil for anything else, for the values that follow a record, and for what a
    /// program has written there.
    var record: KernelLog.Message? {
        guard let semicolon = text.firstIndex(of: ";") else { return nil }
        let fields = text[..<semicolon].split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count >= 4, let priority = UInt(fields[0]), UInt64(fields[1]) != nil,
            let microseconds = UInt64(fields[2])
        else { return nil }
        // The upper bits are the facility; the kernel's own is 0 (syslog(2)).
        guard priority >> 3 == 0 else { return nil }
        return KernelLog.Message(
            time: Double(microseconds) / 1e6, text: Self.unescaped(text[text.index(after: semicolon)...]))
    }

    /// - Parameter mayBePlain: the file holds nothing but the kernel's words, so that a line without any mark is one.
    func message(mayBePlain: Bool) -> KernelLog.Message? {
        if let record { return record }
        let line = withoutLevel
        if let (time, rest) = Self.bracketed(line) {
            return KernelLog.Message(time: time, text: String(Self.behindSource(rest) ?? rest))
        }
        if let rest = Self.behindSource(line) {
            guard let (time, words) = Self.bracketed(rest) else { return KernelLog.Message(text: String(rest)) }
            return KernelLog.Message(time: time, text: String(words))
        }
        return mayBePlain && !line.isEmpty ? KernelLog.Message(text: String(line)) : nil
    }

    /// Without `<6>`, or `kern  :info  : `.
    private var withoutLevel: Substring {
        if text.first == "<", let end = text.firstIndex(of: ">"), UInt(text[..<end].dropFirst()) != nil {
            return text[text.index(after: end)...]
        }
        guard text.hasPrefix("kern ") || text.hasPrefix("kern:"), let bracket = text.firstIndex(of: "["),
            text[..<bracket].utf8.filter({ $0 == UInt8(ascii: ":") }).count == 2
        else { return text }
        return text[bracket...]
    }

    /// `[    5.140900] rest`; the time is nil when it is one of day, as `dmesg --ctime` writes.
    private static func bracketed(_ line: Substring) -> (time: Double?, rest: Substring)? {
        guard line.first == "[", let end = line.firstIndex(of: "]") else { return nil }
        let inside = line[..<end].dropFirst()
        let time = Double(inside.drop(while: \.isWhitespace))
        guard time != nil || inside.filter({ $0 == ":" }).count == 2 else { return nil }
        // With printk's caller the next bracket is `[    T1]` (CONFIG_PRINTK_CALLER).
        var rest = line[line.index(after: end)...].drop(while: \.isWhitespace)
        if rest.first == "[", let end = rest.firstIndex(of: "]"), isCaller(rest[..<end].dropFirst()) {
            rest = rest[rest.index(after: end)...].drop(while: \.isWhitespace)
        }
        return (time, rest)
    }

    /// `    T1` or `   C0`.
    private static func isCaller(_ text: Substring) -> Bool {
        let text = text.drop(while: \.isWhitespace)
        return (text.first == "T" || text.first == "C") && UInt(text.dropFirst()) != nil
    }

    /// The words behind `kernel: `, when nothing before it has said that somebody else speaks.
    private static func behindSource(_ line: Substring) -> Substring? {
        guard let colon = line.utf8.indices.first(where: { line[$0...].hasPrefix(": ") }),
            line[..<colon].split(separator: " ").last == "kernel"
        else { return nil }
        return line[colon...].dropFirst(2)
    }

    /// Bytes that are not printable stand as `\x1b`.
    private static func unescaped(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3, rest.first == UInt8(ascii: "x"),
                let code = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `dmesg --color=always` was captured, or lines end in CR.
    private static func withoutColors(_ line: String) -> Substring {
        var text = line[...]
        if text.last == "\r" || text.last == "\r\n" { text = text.dropLast() }
        guard text.utf8.contains(0x1B) else { return text }
        var result = ""
        while let escape = text.firstIndex(of: "\u{1B}") {
            result += text[..<escape]
            guard let end = text[escape...].firstIndex(of: "m") else { return result[...] }
            text = text[text.index(after: end)...]
        }
        return (result + text)[...]
    }
}

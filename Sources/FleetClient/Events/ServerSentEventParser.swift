/// Cuts a byte stream into server-sent events
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
struct ServerSentEventParser {
    struct Event: Equatable {
        var id: String?
        var data: String
    }

    struct Oversized: Error {}

    private static let maximumBytes = 8 << 20
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var id: String?
    private var lastWasReturn = false
    /// The server's `retry:` in milliseconds, when it has said one.
    private(set) var retryMilliseconds: Int?

    /// - Returns: the events that `bytes` completes.
    mutating func take(_ bytes: [UInt8]) throws(Oversized) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            // CR, LF and CRLF each end a line.
            let ends = byte == UInt8(ascii: "\r") || (byte == UInt8(ascii: "\n") && !lastWasReturn)
            let isSecondHalf = byte == UInt8(ascii: "\n") && lastWasReturn
            lastWasReturn = byte == UInt8(ascii: "\r")
            if ends {
                if let event = endLine() { events.append(event) }
            } else if !isSecondHalf {
                line.append(byte)
                if line.count + data.count > Self.maximumBytes { throw Oversized() }
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty { return dispatch() }
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        var value = line.dropFirst(name.count + 1)
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: name, as: UTF8.self) {
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        case "id": if !value.contains(0) { id = String(decoding: value, as: UTF8.self) }
        case "retry": if let number = Int(String(decoding: value, as: UTF8.self)) { retryMilliseconds = number }
        // An empty name is a comment; "event" says nothing that the data does not.
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> Event? {
        guard hasData else { return nil }
        defer {
            data.removeAll()
            hasData = false
        }
        return Event(id: id, data: String(decoding: data, as: UTF8.self))
    }
}

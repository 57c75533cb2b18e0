import FleetModel
import FoundationEssentials

/// One record of the durable record.
public struct StreamRecord: Equatable, Sendable {
    public var header: StreamHeader
    /// JSON.
    public var body: [UInt8]

    public init(header: StreamHeader, body: [UInt8]) {
        self.header = header
        self.body = body
    }

    /// The payload of `up/<host>/stream`: the header's members and `body` in one flat object.
    public func json() throws -> [UInt8] {
        var bytes = [UInt8](try FleetJSON.encode(header))
        bytes.removeLast()
        return bytes + Array(#","body":"#.utf8) + body + [UInt8(ascii: "}")]
    }
}

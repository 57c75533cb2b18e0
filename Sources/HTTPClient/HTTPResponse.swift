/// The header fields of an answer, in their order; names compare without case.
public struct HTTPHeaders: Equatable, Sendable {
    public private(set) var names: [String] = []
    public private(set) var values: [String] = []

    public init() {}

    mutating func append(name: String, value: String) {
        names.append(name)
        values.append(value)
    }

    /// The first field of this name.
    public subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return names.firstIndex { $0.lowercased() == wanted }.map { values[$0] }
    }
}

/// Status and header fields: what is known before the body comes.
public struct HTTPResponseHead: Equatable, Sendable {
    public var status: Int
    public var headers: HTTPHeaders

    public init(status: Int, headers: HTTPHeaders = HTTPHeaders()) {
        self.status = status
        self.headers = headers
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}

public struct HTTPResponse: Equatable, Sendable {
    public var head: HTTPResponseHead
    public var body: [UInt8]

    public init(head: HTTPResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }
    public var isSuccess: Bool { head.isSuccess }
}

/// Who asks for a change, and from where.
public struct Author: Equatable, Sendable, ExpressibleByStringInterpolation {
    public var name: String
    /// An IP address, or a word for what is no network.
    public var origin: String

    public init(name: String, origin: String) {
        self.name = name
        self.origin = origin
    }

    /// A part of the controller itself.
    public init(stringLiteral name: String) { self.init(name: name, origin: "controller") }
}

/// Everything that lives as long as the process. `run` returns when its task is cancelled, after it has tidied up;
/// returning or throwing before that takes the whole process down.
public protocol Service: Sendable {
    var name: String { get }
    func run() async throws
}

/// A service made of a closure.
public struct ClosureService: Service {
    public let name: String
    private let body: @Sendable () async throws -> Void

    public init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.body = body
    }

    public func run() async throws { try await body() }
}

import Synchronization

/// A few threads for work that blocks, so that one piece of it does not keep the others waiting for the disk.
public final class BlockingPool: Sendable {
    private let lanes: [BlockingWork]
    private let turn = Atomic<Int>(0)

    /// - Parameter name: of the threads, as for `BlockingWork`.
    public init(name: String, width: Int) { lanes = (0..<max(1, width)).map { _ in BlockingWork(name: name) } }

    /// Runs the body on the lane whose turn it is.
    public func run<Result: Sendable, Failure: Error>(
        _ body: @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return try await lanes[Int(turn.magnitude % lanes.count.magnitude)].run(body)
    }
}

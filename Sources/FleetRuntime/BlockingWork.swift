/// A thread for work that blocks (files, hashing), one piece at a time, so that the cooperative pool goes on.
public actor BlockingWork {
    private let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter name: the thread's name as `ps -L` shows it; at most 15 bytes count.
    public init(name: String) { executor = ThreadExecutor(name: name) }

    public func run<Result: Sendable, Failure: Error>(
        _ body: @Sendable () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body()
    }
}

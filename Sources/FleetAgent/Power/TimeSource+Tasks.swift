import FleetRuntime

extension TimeSource {
    /// Waits for the tasks, no longer than the limit on the monotonic clock. What is not done by then goes on.
    /// - Returns: whether all are done.
    @discardableResult
    func wait(for tasks: [Task<Void, Never>], within limit: Duration) async -> Bool {
        let outcome = Mailbox<Bool>(capacity: 1)
        let done = Task {
            for task in tasks { await task.value }
            outcome.send(true)
        }
        let alarm = Task { if (try? await sleep(for: limit)) != nil { outcome.send(false) } }
        defer {
            done.cancel()
            alarm.cancel()
        }
        return await outcome.next() ?? false
    }
}

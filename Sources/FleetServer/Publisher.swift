import MessageBus

/// Publishes many messages without waiting for each one's PUBACK before the next.
struct Publisher: Sendable {
    private static let underWay = 64
    let bus: any Bus

    /// - Returns: the indices of those that the broker did not take.
    func publish(_ messages: [BusMessage]) async -> [Int] {
        await withTaskGroup(of: Int?.self) { group in
            var failed: [Int] = []
            for (index, message) in messages.enumerated() {
                if index >= Self.underWay, let done = await group.next(), let done { failed.append(done) }
                group.addTask {
                    do {
                        try await bus.publish(message)
                        return nil
                    } catch {
                        return index
                    }
                }
            }
            for await done in group { if let done { failed.append(done) } }
            return failed.sorted()
        }
    }
}

import FleetModel

extension FleetStore {
    /// What was changed and what was refused, newest first.
    /// - Parameter who: an author's name; nil for all.
    public nonisolated func audit(
        before cursor: String?, who: String? = nil, limit: Int
    ) async throws(StoreError) -> Page<AuditResource> {
        try await reader.read { connection, _ in
            try AuditRepository(connection: connection).page(before: cursor, who: who, limit: limit)
        }
    }

    /// Records a request that was refused: of each author 100 an hour, and of these the newest 1,000. That it cannot be written
    /// changes nothing for who asked, so it is logged.
    public func recordRefusal(of action: String, because problem: Problem, by author: Author) {
        let now = time.now()
        guard refusals.takes(author, at: now) else { return }
        let reason = problem.code + (problem.detail.map { ": \($0)" } ?? "")
        do {
            try write { connection in
                try AuditRepository(connection: connection).addRefusal(
                    of: Self.cut(action), because: Self.cut(reason), by: author, at: now)
            }
        } catch {
            logger.with("who", author.name).warning("a refused request is not in the audit record: \(error)")
        }
    }

    /// Records a change; within the transaction that makes it.
    func audit(_ action: String, _ object: String, by author: Author) throws {
        try AuditRepository(connection: connection).add(action, object, by: author, at: time.now())
    }

    /// What a client wrote, in at most 500 bytes.
    private static func cut(_ text: String) -> String { String(decoding: text.utf8.prefix(500), as: UTF8.self) }
}

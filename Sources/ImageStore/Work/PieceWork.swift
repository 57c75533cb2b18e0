import FleetRuntime
import Glibc
import Synchronization

/// Work on an image in pieces, each done by whichever thread is free.
final class PieceWork: Sendable {
    private struct State {
        var next = 0
        var failure: ImageError?
    }

    private let name: String
    private let pieces: Int
    private let threads: Int
    private let state = Mutex(State())

    /// - Parameter name: of the threads, of which there is one for each processor.
    init(_ name: String, pieces: Int) {
        self.name = name
        self.pieces = pieces
        threads = max(1, min(pieces, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// Returns when all pieces are done, or none is worked on any more.
    /// - Parameters:
    ///   - make: what each thread has for itself.
    ///   - body: does one piece.
    /// - Throws: what was thrown first; `cancelled` when the task was.
    func run<Tool>(
        with make: @escaping @Sendable () throws(ImageError) -> Tool,
        _ body: @escaping @Sendable (Tool, _ piece: Int) throws(ImageError) -> Void
    ) async throws(ImageError) {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<threads {
                    let thread = BlockingWork(name: "\(name)-\(number)")
                    group.addTask { await thread.run { self.work(make, body) } }
                }
            }
        } onCancel: {
            fail(ImageError(.cancelled, "\(name) was cancelled"))
        }
        if let failure = state.withLock(\.failure) { throw failure }
    }

    private func work<Tool>(
        _ make: () throws(ImageError) -> Tool, _ body: (Tool, Int) throws(ImageError) -> Void
    ) {
        do throws(ImageError) {
            let tool = try make()
            while let piece = next() { try body(tool, piece) }
        } catch {
            fail(error)
        }
    }

    private func next() -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < pieces else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func fail(_ error: ImageError) {
        state.withLock { if $0.failure == nil { $0.failure = error } }
    }
}

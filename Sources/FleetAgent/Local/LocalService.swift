import FleetModel
import FleetRuntime
import FoundationEssentials
import Synchronization

/// Answers people at the host on a Unix socket: one line of JSON from them, one back (`LocalRequest`, `LocalReply`). The agent
/// goes on without it where it cannot listen.
public struct LocalService: Service {
    /// How many are listened to at a time.
    private static let maximumConnections = 16
    private static let patience = Duration.seconds(5)
    private static let pause = Duration.seconds(60)

    public let name = "local"
    private let path: String
    private let desk: LocalDesk
    private let time: any TimeSource
    private let logger: Logger
    private let thread = BlockingWork(name: "vf-local")
    private let open = OpenConnections()

    private final class OpenConnections: Sendable {
        let count = Atomic(0)
    }

    /// - Parameters:
    ///   - path: of the socket; its directory is made when it is missing.
    ///   - seatedUsers: see `SystemServices`.
    public init(
        path: String, jobs: any LocalJobs, seatedUsers: @escaping @Sendable () async throws -> [UInt32: String],
        time: any TimeSource, logger: Logger
    ) {
        self.path = path
        desk = LocalDesk(jobs: jobs, seatedUsers: seatedUsers)
        self.time = time
        self.logger = logger.labelled("local")
    }

    public func run() async {
        var isKnownToFail = false
        while !Task.isCancelled {
            do {
                let directory = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
                try DurableFile.makeDirectory(String(directory), mode: 0o755)
                await serve(try LocalListener(path: path))
            } catch {
                if !isKnownToFail { logger.warning("\(error); until it can, nobody at this host can put jobs off") }
                isKnownToFail = true
                try? await time.sleep(for: Self.pause)
            }
        }
    }

    /// Returns when its task is cancelled.
    private func serve(_ listener: LocalListener) async {
        logger.info("answers on \(path)")
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                while let connection = await thread.run({ listener.next() }) {
                    guard open.count.load(ordering: .relaxed) < Self.maximumConnections else {
                        await send(LocalReply(problem: "too many ask at the same time; try again"), on: connection)
                        continue
                    }
                    open.count.wrappingAdd(1, ordering: .relaxed)
                    group.addTask {
                        await talk(on: connection)
                        open.count.wrappingSubtract(1, ordering: .relaxed)
                    }
                }
            }
        } onCancel: {
            listener.close()
        }
    }

    private func talk(on connection: LineConnection) async {
        await withTaskCancellationHandler {
            await send(await reply(on: connection), on: connection)
        } onCancel: {
            connection.interrupt()
        }
    }

    private func reply(on connection: LineConnection) async -> LocalReply {
        do throws(LocalDesk.Refusal) {
            let user = try await desk.admit(connection.user)
            let line: [UInt8]
            do throws(LineError) {
                line = try await Self.onThread {
                    Result { () throws(LineError) in
                        try connection.readLine(atMost: LocalRequest.maximumBytes, within: Self.patience)
                    }
                }.get()
            } catch {
                return LocalReply(problem: "cannot read the request: \(error)")
            }
            return await desk.answer(line, to: user)
        } catch {
            return LocalReply(problem: error.message)
        }
    }

    /// Whoever does not take the answer has none.
    private func send(_ reply: LocalReply, on connection: LineConnection) async {
        guard let line = try? FleetJSON.encode(reply) else { return }
        await Self.onThread { try? connection.writeLine([UInt8](line), within: Self.patience) }
    }

    /// Whoever is slow keeps a thread of its own, and nobody else.
    private static func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            NamedThread.start("vf-local-line") { continuation.resume(returning: body()) }
        }
    }
}

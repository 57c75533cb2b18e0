import FleetRuntime
import Glibc
import Synchronization
import Testing

@Suite(.serialized) struct ServiceGroupTests {
    struct Broken: Error, Equatable {}

    final class Journal: Sendable {
        private let stored = Mutex<[String]>([])
        var lines: [String] { stored.withLock { $0 } }
        func add(_ line: String) { stored.withLock { $0.append(line) } }
        var logger: Logger { Logger(label: "group", sink: { _, line in self.add(line) }) }
    }

    /// Runs until it is cancelled, and says when it has stopped.
    func steady(_ name: String, _ journal: Journal) -> ClosureService {
        ClosureService(name) {
            journal.add("\(name) started")
            let forever = Mailbox<Bool>(capacity: 1)
            _ = await forever.next()
            for _ in 0..<100 { await Task.yield() }
            journal.add("\(name) stopped")
        }
    }

    func started(_ count: Int, _ journal: Journal) async {
        while journal.lines.filter({ $0.hasSuffix("started") }).count < count { await Task.yield() }
    }

    func stops(_ journal: Journal) -> [String] { journal.lines.filter { $0.hasSuffix("stopped") } }

    @Test func `stops in reverse order when its caller is cancelled, and waits for each`() async throws {
        let journal = Journal()
        let group = ServiceGroup(["a", "b", "c"].map { steady($0, journal) }, logger: journal.logger)
        let running = Task { try await group.run() }
        await started(3, journal)
        running.cancel()
        try await running.value
        #expect(stops(journal) == ["c stopped", "b stopped", "a stopped"])
    }

    @Test(arguments: [SIGTERM, SIGINT]) func `stops on a signal`(number: Int32) async throws {
        let journal = Journal()
        let group = ServiceGroup(["a", "b"].map { steady($0, journal) }, logger: journal.logger)
        let running = Task { try await group.run() }
        await started(2, journal)
        kill(getpid(), number)
        try await running.value
        #expect(stops(journal) == ["b stopped", "a stopped"])
        #expect(journal.lines.contains { $0.contains("stopping on SIG") })
    }

    @Test func `throws the error of the service that broke, after stopping the others`() async {
        let journal = Journal()
        let broken = ClosureService("broken") {
            await self.started(1, journal)
            throw Broken()
        }
        await #expect(throws: Broken.self) {
            try await ServiceGroup([steady("a", journal), broken], logger: journal.logger).run()
        }
        #expect(stops(journal) == ["a stopped"])
    }

    @Test func `a service that just returns is a failure, too`() async {
        let journal = Journal()
        let done = ClosureService("done") { await self.started(1, journal) }
        let error = await #expect(throws: ServiceGroup.EndedUnexpectedly.self) {
            try await ServiceGroup([steady("a", journal), done], logger: journal.logger).run()
        }
        #expect(error?.service == "done")
        #expect(stops(journal) == ["a stopped"])
    }

    @Test func `does not wait for ever for a service that will not stop`() async throws {
        let journal = Journal()
        let release = Mailbox<Bool>(capacity: 1)
        let stubborn = ClosureService("stubborn") {
            journal.add("stubborn started")
            await Task { _ = await release.next() }.value
        }
        let group = ServiceGroup(
            [steady("a", journal), stubborn], stopLimit: .seconds(2), logger: journal.logger)
        let running = Task { try await group.run() }
        await started(2, journal)
        running.cancel()
        try await running.value
        release.finish()
        #expect(stops(journal) == ["a stopped"])
        #expect(journal.lines.contains { $0.contains("stubborn did not stop") })
    }
}

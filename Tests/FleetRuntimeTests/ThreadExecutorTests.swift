import FleetRuntime
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@Suite struct ThreadExecutorTests {
    actor Blocking {
        nonisolated let executor = ThreadExecutor(name: "a-test-executor")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private var inside = 0
        private(set) var largest = 0
        private(set) var order: [Int] = []

        func work(_ number: Int) {
            inside += 1
            largest = max(largest, inside)
            sched_yield()
            order.append(number)
            inside -= 1
        }

        func thread() throws -> (path: String, name: String) { try ThreadExecutorTests.thread() }

        func block(on gate: borrowing Mutex<Bool>) { while !gate.withLock({ $0 }) { usleep(1000) } }
    }

    /// Where the kernel lists the calling thread, and its name.
    static func thread() throws -> (path: String, name: String) {
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        return ("/proc/" + link, try String(contentsOfFile: "/proc/\(link)/comm", encoding: .utf8))
    }

    final class Gate: Sendable { let open = Mutex(false) }

    @Test func `a pool goes on beside a piece that blocks`() async {
        let pool = BlockingPool(name: "a-test-pool", width: 2)
        let (gate, begun) = (Gate(), Gate())
        await withTaskGroup { group in
            group.addTask {
                await pool.run {
                    begun.open.withLock { $0 = true }
                    while !gate.open.withLock({ $0 }) { usleep(1000) }
                }
            }
            while !begun.open.withLock({ $0 }) { await Task.yield() }
            await pool.run { gate.open.withLock { $0 = true } }
        }
    }

    @Test func `runs one job at a time, in order, on one thread of its own`() async throws {
        let actor = Blocking()
        for number in 0..<100 { await actor.work(number) }
        await withTaskGroup { group in
            for number in 100..<1000 { group.addTask { await actor.work(number) } }
        }
        #expect(await actor.largest == 1)
        #expect(await actor.order.count == 1000)
        #expect(await Array(actor.order.prefix(100)) == Array(0..<100))
        let first = try await actor.thread()
        #expect(try await actor.thread() == first)
        #expect(try Self.thread().path != first.path)
        #expect(first.name == "a-test-executor\n")
    }

    /// More blocked actors than the pool has threads; with them on the pool nothing else would ever run.
    @Test func `blocking does not hold up the cooperative pool`() async {
        let actors = (0..<32).map { _ in Blocking() }
        let gate = Gate()
        await withTaskGroup { group in
            for actor in actors { group.addTask { await actor.block(on: gate.open) } }
            let sums = await withTaskGroup { group in
                for number in 0..<100 { group.addTask { number } }
                return await group.reduce(0, +)
            }
            #expect(sums == 4950)
            gate.open.withLock { $0 = true }
        }
    }

    @Test func `the thread ends with its executor`() async throws {
        var thread = ""
        do {
            let actor = Blocking()
            thread = try await actor.thread().path
        }
        while FileManager.default.fileExists(atPath: thread) { await Task.yield() }
    }
}

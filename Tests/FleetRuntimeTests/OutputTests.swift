import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@Suite struct BackoffTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>) func `doubles up to its cap, and starts again`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var backoff = Backoff(base: .seconds(1), cap: .seconds(60))
        for attempt in 0..<100 {
            let ceiling = min(Double(1 << min(attempt, 10)), 60)
            let delay = backoff.next(using: &generator).seconds
            #expect((0...ceiling).contains(delay), "seed \(seed)")
        }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= .seconds(1), "seed \(seed)")
    }

    @Test func `jitters over the whole range`() {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff(base: .seconds(60), cap: .seconds(60))
        let delays = (0..<1000).map { _ in backoff.next(using: &generator).seconds }
        #expect(delays.min()! < 3)
        #expect(delays.max()! > 57)
    }
}

@Suite struct LoggerTests {
    func lines(_ level: LogLevel, _ body: (Logger) -> Void) -> [String] {
        final class Lines: Sendable { let stored = Mutex<[String]>([]) }
        let lines = Lines()
        body(
            Logger(label: "test", level: level) { level, line in lines.stored.withLock { $0.append("\(level) \(line)") }
            })
        return lines.stored.withLock { $0 }
    }

    @Test func `a line has label, message and metadata`() {
        #expect(
            lines(.debug) { $0.labelled("bus").with("host", "h1").with("seq", 7).notice("connected") }
                == ["notice bus: connected host=h1 seq=7"])
    }

    @Test func `what is below the level is neither written nor evaluated`() {
        var evaluated = false
        func message() -> String {
            evaluated = true
            return ""
        }
        #expect(lines(.warning) { $0.notice(message()) } == [])
        #expect(!evaluated)
        #expect(
            lines(.warning) {
                $0.warning("a"); $0.error("b")
            }.count == 2)
    }

    @Test func `nothing quoted makes a line of its own`() {
        #expect(
            lines(.debug) { $0.with("name", "x\nforged").info("one\r\ntwo\u{1B}[2J\u{0}") }
                == ["info test: one | two[2J name=x | forged"])
    }
}

@Suite struct MetricsTests {
    @Test func `the text is what Prometheus reads`() {
        let registry = MetricsRegistry()
        registry.counter("vf_messages_total", help: "Messages.", labels: [("topic", "up")]).increment(by: 3)
        registry.counter("vf_messages_total", help: "Messages.", labels: [("topic", "down")]).increment()
        registry.counter("vf_messages_total", help: "Messages.", labels: [("topic", "up")]).increment()
        registry.gauge("vf_age_seconds", help: "Age\nof \\it.", labels: [("name", "a\"b\\c\r\nd")]) { 1.5 }
        registry.gauge("vf_extreme", help: "Extremes.", labels: [("is", "nan")]) { .nan }
        registry.gauge("vf_extreme", help: "Extremes.", labels: [("is", "inf")]) { .infinity }
        registry.gauge("vf_extreme", help: "Extremes.", labels: [("is", "replaced")]) { 1 }
        registry.gauge("vf_extreme", help: "Extremes.", labels: [("is", "replaced")]) { -.infinity }
        #expect(
            registry.text() == """
                # HELP vf_age_seconds Age\\nof \\\\it.
                # TYPE vf_age_seconds gauge
                vf_age_seconds{name="a\\"b\\\\c\r\\nd"} 1.5
                # HELP vf_extreme Extremes.
                # TYPE vf_extreme gauge
                vf_extreme{is="nan"} NaN
                vf_extreme{is="inf"} +Inf
                vf_extreme{is="replaced"} -Inf
                # HELP vf_messages_total Messages.
                # TYPE vf_messages_total counter
                vf_messages_total{topic="up"} 4
                vf_messages_total{topic="down"} 1

                """)
    }

    @Test func `counting from many tasks loses nothing`() async {
        let counter = MetricsRegistry().counter("vf_total", help: "")
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { counter.increment() } } }
        }
        #expect(counter.current == 8000)
    }
}

@Suite struct SystemdNotifierTests {
    /// What systemd would receive on its datagram socket.
    func received(at path: String, abstract: Bool, _ body: (SystemdNotifier) -> Void) throws -> [String] {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = (abstract ? [0] : []) + Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(2 + bytes.count)) }
        }
        try #require(bound == 0)
        body(SystemdNotifier(environment: (abstract ? "@" : "") + path))
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 1024)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return messages }
            messages.append(String(decoding: buffer.prefix(count), as: UTF8.self))
        }
    }

    @Test(arguments: [true, false]) func `systemd hears it`(abstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let messages = try received(at: directory.file("notify"), abstract: abstract) { notifier in
            notifier.ready(status: "2 hosts")
            notifier.watchdog()
            notifier.stopping()
        }
        #expect(messages == ["READY=1\nSTATUS=2 hosts", "WATCHDOG=1", "STOPPING=1"])
    }

    @Test func `without systemd nothing happens`() {
        for path in [nil, "", "/nonexistent/socket", String(repeating: "x", count: 200)] {
            SystemdNotifier(environment: path).ready(status: "")
        }
        #expect(SystemdNotifier.watchdogInterval == nil)
    }
}

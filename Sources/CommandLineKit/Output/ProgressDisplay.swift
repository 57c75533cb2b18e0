import Drawing
import FleetRuntime
import Synchronization

/// How far a long work is: a bar that redraws itself on a terminal, elsewhere a line every ten seconds.
/// May be updated from any thread, as often as wanted.
public final class ProgressDisplay: Sendable {
    private struct State {
        var lastDrawn: Duration?
        var isDrawn = false
    }

    private static let barWidth = 24
    private let title: String
    private let stream: Console.Stream
    private let timeSource: any TimeSource
    private let state = Mutex(State())

    public init(_ title: String, stream: Console.Stream, timeSource: any TimeSource = SystemTimeSource()) {
        self.title = title
        self.stream = stream
        self.timeSource = timeSource
    }

    /// - Parameters:
    ///   - fraction: 0 to 1; nil when the end is not in sight.
    ///   - note: what is being done, a rate, the time left.
    public func update(_ fraction: Double?, _ note: String) {
        let pause: Duration = stream.isTerminal ? .milliseconds(100) : .seconds(10)
        let now = timeSource.monotonic()
        state.withLock { state in
            if let last = state.lastDrawn, now - last < pause { return }
            state.lastDrawn = now
            state.isDrawn = true
            let percent = fraction.map { "\(Int(min(max($0, 0), 1) * 100)) %" }
            let parts = [percent, note.isEmpty ? nil : note.withoutControls].compactMap { $0 }
            if stream.isTerminal {
                let bar = fraction.map { Self.bar($0) + "  " } ?? ""
                let line = "\(title)  \(bar)" + parts.joined(separator: "  ")
                stream.write("\r\u{1B}[K" + line.truncated(to: (stream.width ?? 80) - 1))
            } else {
                stream.line("\(title): " + parts.joined(separator: ", "))
            }
        }
    }

    /// Takes the bar away, and leaves what came of it when there is something to say.
    public func finish(_ result: String? = nil) {
        state.withLock { state in
            if stream.isTerminal, state.isDrawn { stream.write("\r\u{1B}[K") }
            state.isDrawn = false
            if let result { stream.line(result) }
        }
    }

    private static func bar(_ fraction: Double) -> String {
        let filled = Int(min(max(fraction, 0), 1) * Double(barWidth))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: barWidth - filled) + "]"
    }
}

import Glibc
import Synchronization

/// Where a program writes, and what it may do there.
public struct Console: Sendable {
    /// A destination of text.
    public struct Stream: Sendable {
        public let isTerminal: Bool
        /// Columns, when it is a terminal.
        public let width: Int?
        public let usesColor: Bool
        private let sink: @Sendable (String) -> Void

        public init(
            isTerminal: Bool = false, width: Int? = nil, usesColor: Bool = false,
            sink: @escaping @Sendable (String) -> Void
        ) {
            self.isTerminal = isTerminal
            self.width = width
            self.usesColor = usesColor
            self.sink = sink
        }

        public func write(_ text: String) { sink(text) }
        public func line(_ text: String) { sink(text + "\n") }
    }

    public let output: Stream
    public let error: Stream
    public let environment: [String: String]

    public init(output: Stream, error: Stream, environment: [String: String]) {
        self.output = output
        self.error = error
        self.environment = environment
    }

    /// Standard output and standard error of this process.
    public static func standard() -> Console {
        let environment = processEnvironment()
        return Console(
            output: stream(STDOUT_FILENO, environment), error: stream(STDERR_FILENO, environment),
            environment: environment)
    }

    /// Colour needs a terminal that has it and a user who wants it (https://no-color.org).
    private static func stream(_ descriptor: Int32, _ environment: [String: String]) -> Stream {
        let isTerminal = isatty(descriptor) == 1
        let refused = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        return Stream(
            isTerminal: isTerminal, width: isTerminal ? columns(descriptor) : nil, usesColor: isTerminal && !refused
        ) { text in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno != EINTR, errno != EAGAIN { return }
                rest = rest.dropFirst(max(count, 0))
            }
        }
    }

    private static func columns(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    private static func processEnvironment() -> [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return result
    }
}

import FleetRuntime
import Glibc

/// A program run to its end with posix_spawn.
public struct Subprocess: Sendable {
    /// Limits set in the child before it runs (setrlimit(2)).
    public struct Limits: Sendable {
        public var addressSpaceBytes: UInt64?
        public var cpuSeconds: UInt64?
        public init(addressSpaceBytes: UInt64? = nil, cpuSeconds: UInt64? = nil) {
            self.addressSpaceBytes = addressSpaceBytes
            self.cpuSeconds = cpuSeconds
        }
    }

    public struct Output: Sendable {
        /// The exit status; 128 + N when signal N ended the program.
        public var status: Int32
        public var standardOutput: [UInt8]
        public var standardError: [UInt8]

        public var text: String { String(decoding: standardOutput, as: UTF8.self) }
        public var errorText: String { String(decoding: standardError, as: UTF8.self) }
    }
}

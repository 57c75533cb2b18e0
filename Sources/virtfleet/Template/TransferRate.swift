import CommandLineKit
import FleetRuntime
import Synchronization

/// Bytes per second and the time left, from the bytes that went since the first look.
final class TransferRate: Sendable {
    private let start = Mutex<(bytes: UInt64, time: Duration)?>(nil)
    private let time: any TimeSource

    init(time: any TimeSource = SystemTimeSource()) { self.time = time }

    /// `, 34.2 MiB/s, 2 min left`; empty while nothing can be said.
    func text(_ bytes: UInt64, of total: UInt64) -> String {
        let now = time.monotonic()
        let first = start.withLock { start in
            if start == nil { start = (bytes, now) }
            return start ?? (bytes, now)
        }
        let seconds = (now - first.time).seconds
        guard seconds >= 1, bytes > first.bytes, total >= bytes else { return "" }
        let rate = Double(bytes - first.bytes) / seconds
        let left = Duration.seconds(Double(total - bytes) / rate)
        return ", \(HumanText.bytes(UInt64(rate)))/s, \(HumanText.duration(left)) left"
    }
}

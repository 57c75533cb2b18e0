import Glibc
import Synchronization

/// A delay lock of logind (systemd-logind(8)): as long as the file descriptor that stands for it is open, the host neither
/// sleeps nor shuts down, up to logind's limit. Released with the last reference.
public final class DelayLock: Sendable {
    /// How long the host waits at most, counted from the event that brings the lock. A margin is taken off already.
    public let limit: Duration
    private let descriptor: Mutex<Int32?>

    /// - Parameters:
    ///   - descriptor: becomes the lock's own.
    ///   - delay: logind's InhibitDelayMaxSec.
    public init(_ descriptor: Int32, delay: Duration) {
        self.descriptor = Mutex(descriptor)
        // logind counts from before its signal arrives, and a busy machine is late.
        limit = delay * 0.8
    }

    deinit { release() }

    public func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor { close(open) }
            descriptor = nil
        }
    }
}

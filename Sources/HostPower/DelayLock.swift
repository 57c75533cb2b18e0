import Glibc
import Synchronization

/// A delay lock of logind (systemd-logind(8)): as long as the file descriptor that stands for it is open, the host neither
/// sleeps nor shuts down, up to logind's limit. Released with the last reference.
public final class DelayLock: Sendable {
    /// logind's InhibitDelayMaxSec.
    public let delay: Duration
    private let descriptor: Mutex<Int32?>

    /// - Parameter descriptor: becomes the lock's own.
    public init(_ descriptor: Int32, delay: Duration) {
        self.descriptor = Mutex(descriptor)
        self.delay = delay
    }

    deinit { release() }

    /// What of the delay may be used, counted from the event that brings the lock: logind counts from before that, and a
    /// busy machine is late.
    public var limit: Duration { delay * 0.8 }

    public func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor { close(open) }
            descriptor = nil
        }
    }
}

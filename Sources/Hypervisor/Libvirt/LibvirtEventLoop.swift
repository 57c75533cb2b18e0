import CLibvirt
import FleetRuntime
import Glibc

/// libvirt's event loop, on a thread of its own for as long as the process lives. Connections need it for keep-alive and
/// events, and it must stand before the first one is opened. SIGPIPE is ignored in the whole process from then on.
enum LibvirtEventLoop {
    static func start() { _ = started }

    private static let started: Void = {
        // libvirt writes keep-alives to the socket of a daemon that may be gone, without MSG_NOSIGNAL.
        signal(SIGPIPE, SIG_IGN)
        virSetErrorFunc(nil, ignoreError)
        virInitialize()
        virEventRegisterDefaultImpl()
        NamedThread.start("libvirt-events") {
            while true {
                // It fails only when poll(2) does; never spin on that.
                if virEventRunDefaultImpl() < 0 { usleep(10_000) }
            }
        }
    }()
}

/// Errors are thrown; libvirt would print each of them to standard error as well.
private let ignoreError: virErrorFunc = { _, _ in }

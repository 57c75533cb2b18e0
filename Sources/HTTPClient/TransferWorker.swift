import CCurlShims
import FleetRuntime
import Synchronization

/// What one transfer is to do.
struct TransferPlan: Sendable {
    let request: HTTPRequest
    let onHead: @Sendable (HTTPResponseHead) throws -> Void
    let sink: @Sendable ([UInt8]) throws -> Void
    let progress: (@Sendable (UInt64) -> Void)?
}

/// Set from any thread, read by the transfer.
final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    var isCancelled: Bool { flag.load(ordering: .acquiring) }
    func cancel() { flag.store(true, ordering: .releasing) }
}

/// One thread that carries out one transfer at a time.
actor TransferWorker {
    private let executor = ThreadExecutor(name: "vf-http")
    private let session: CurlSession
    private let certificateAuthority: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(certificateAuthority: String?) {
        session = CurlSession()
        self.certificateAuthority = certificateAuthority
    }

    /// Makes a waiting transfer look at its cancellation.
    nonisolated func wake() { session.wake() }

    func run(_ plan: TransferPlan, _ cancellation: Cancellation) -> Result<HTTPResponseHead, HTTPError> {
        do throws(HTTPError) {
            let transfer = try Transfer(plan, cancellation)
            try session.handle.prepare(transfer, certificateAuthority: certificateAuthority)
            let code = session.perform(cancellation)
            return .success(try transfer.conclude(code, detail: session.handle.errorText(code, of: plan.request)))
        } catch {
            return .failure(error)
        }
    }
}

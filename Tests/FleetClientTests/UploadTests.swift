import FleetClient
import FleetModel
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Signing
import Synchronization
import Testing

@Suite struct UploadTests {
    /// A controller's upload resource, with faults to order.
    final class UploadScript: Sendable {
        enum Fault { case breakAfter(Int), refuse(Problem) }

        private struct State {
            var received: [UInt8] = []
            var exists = false
            var faults: [Fault]
        }

        private let state: Mutex<State>

        init(faults: [Fault] = [], received: [UInt8] = []) {
            state = Mutex(State(received: received, exists: !received.isEmpty, faults: faults))
        }

        var received: [UInt8] { state.withLock(\.received) }

        @Sendable func handle(_ request: ScriptedHTTPServer.Request, _ exchange: HTTPExchange) {
            state.withLock { state in
                guard let id = request.path.split(separator: "/").last.flatMap({ UploadID(String($0)) }) else {
                    return exchange.respond(Problem(status: 404, code: "not-found", title: "Not found"))
                }
                if request.method == "GET" {
                    guard state.exists else {
                        return exchange.respond(Problem(status: 404, code: "not-found", title: "Not found"))
                    }
                    return exchange.respond(
                        json: UploadResource(id: id, receivedBytes: UInt64(state.received.count), totalBytes: nil))
                }
                let offset = request.headers["content-range"]?.dropFirst("bytes ".count).prefix { $0 != "-" }
                #expect(offset.flatMap { Int($0) } == state.received.count)
                state.exists = true
                switch state.faults.isEmpty ? nil : state.faults.removeFirst() {
                case .breakAfter(let count):
                    state.received += request.body.prefix(count)
                    exchange.close()
                case .refuse(let problem): exchange.respond(problem)
                case nil:
                    state.received += request.body
                    exchange.respond(
                        json: UploadResource(id: id, receivedBytes: UInt64(state.received.count), totalBytes: nil))
                }
            }
        }
    }

    private let directory: TemporaryDirectory
    private let content: [UInt8]
    private var path: String { directory.file("image.qcow2") }

    init() throws {
        directory = try TemporaryDirectory()
        // A block that is no divisor of a chunk, so that misplaced bytes are seen.
        let block = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 13) }
        content = Array(repeatElement(block, count: 200).joined())
        try Data(content).write(to: URL(filePath: directory.file("image.qcow2")))
    }

    @Test func aFileArrivesInChunksUnderTheIDOfItsContent() async throws {
        let script = UploadScript()
        let api = try ScriptedAPI(handler: script.handle)
        let progress = Mutex<[UploadProgress]>([])
        let upload = try await api.client.upload(file: path) { step in progress.withLock { $0.append(step) } }
        #expect(script.received == content)
        #expect(upload.digest == SHA256Hasher.digest(of: content))
        #expect(upload.id == FleetClient.uploadID(of: upload.digest))
        #expect(
            api.server.requests.compactMap { $0.headers["content-range"] } == [
                "bytes 0-8388607/20000000", "bytes 8388608-16777215/20000000", "bytes 16777216-19999999/20000000",
            ])
        let steps = progress.withLock { $0 }
        #expect(steps.last == .sending(bytes: 20_000_000, of: 20_000_000))
        #expect(steps.contains(.digesting(bytes: 20_000_000, of: 20_000_000)))
        #expect(!steps.contains(.interrupted))
    }

    @Test func aBrokenUploadGoesOnWhereTheControllerSays() async throws {
        let script = UploadScript(faults: [
            .breakAfter(1000), .breakAfter(0), .breakAfter(5_000_000),
            .refuse(Problem(status: 409, code: "upload-taken-over", title: "Conflict")),
        ])
        let api = try ScriptedAPI(handler: script.handle)
        let interruptions = Mutex(0)
        _ = try await api.client.upload(file: path) { step in
            if step == .interrupted { interruptions.withLock { $0 += 1 } }
        }
        #expect(script.received == content)
        #expect(interruptions.withLock { $0 } == 4)
    }

    @Test func aRepeatedUploadSendsOnlyTheRest() async throws {
        let script = UploadScript(received: Array(content.prefix(15_000_000)))
        let api = try ScriptedAPI(handler: script.handle)
        _ = try await api.client.upload(file: path) { _ in }
        #expect(script.received == content)
        #expect(api.server.requests.map(\.body.count).reduce(0, +) == 5_000_000)
        _ = try await api.client.upload(file: path) { _ in }
        #expect(api.server.requests.map(\.body.count).reduce(0, +) == 5_000_000, "nothing is sent twice")
    }

    @Test func patienceEndsAndRefusalsAreFinal() async throws {
        let broken = UploadScript(faults: Array(repeating: .breakAfter(0), count: 100))
        let api = try ScriptedAPI(handler: broken.handle)
        await #expect { try await api.client.upload(file: path) { _ in } } throws: { error in
            if case .unreachable = error as? FleetClientError { true } else { false }
        }
        let full = Problem(status: 507, code: "no-space", title: "Not enough disk space", detail: "/var is full")
        let refusing = UploadScript(faults: [.refuse(full)])
        let other = try ScriptedAPI(handler: refusing.handle)
        await #expect { try await other.client.upload(file: path) { _ in } } throws: { "\($0)" == "/var is full" }
    }

    @Test func whatIsNoImageFileIsRefusedAtOnce() async throws {
        let api = try ScriptedAPI { _, _ in Issue.record("nothing may be sent") }
        try Data().write(to: URL(filePath: directory.file("empty")))
        for (file, reason) in [
            (directory.file("absent"), "No such file"), (directory.path, "not a regular file"),
            (directory.file("empty"), "is empty"),
        ] {
            await #expect { try await api.client.upload(file: file) { _ in } } throws: { error in
                "\(error)".hasPrefix(file) && "\(error)".contains(reason)
            }
        }
    }
}

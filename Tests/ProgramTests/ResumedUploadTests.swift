import FleetClient
import FleetModel
import FleetTestSupport
import Foundation
import Signing
import Subprocess
import Testing

/// One image, two machines: nothing but the controller knows how far the first one came.
@Suite struct ResumedUploadTests {
    /// A machine with the command line and a copy of the image, and a wire of its own to the controller.
    private struct Machine {
        let home: TemporaryDirectory
        let wire: TCPRelay
        let program: ProgramUnderTest

        init(port: UInt16, token: String, image: Data) throws {
            home = try TemporaryDirectory()
            wire = try TCPRelay(to: port)
            try image.write(to: URL(filePath: home.file("disk.raw")))
            program = try ProgramUnderTest(
                "virtfleet",
                [
                    "--controller", "http://127.0.0.1:\(wire.port)", "--token-file", token, "template", "import",
                    home.file("disk.raw"), "--name", "office", "--version", "1",
                ],
                environment: [
                    "HOME": home.path, "XDG_CONFIG_HOME": home.file("config"), "XDG_STATE_HOME": home.file("state"),
                    "XDG_CACHE_HOME": home.file("cache"),
                ], logPath: home.file("log"))
        }
    }

    @Test func anotherMachineSendsOnlyTheRest() async throws {
        let directory = try TemporaryDirectory()
        try Data("a-long-secret\n".utf8).write(to: URL(filePath: directory.file("token")))
        let port = LoopbackPort.free()
        let controller = try await ControllerUnderTest(tcp: (port, directory.file("token")))
        let image = Data((0..<(24 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 16) })
        let upload = FleetClient.uploadID(of: SHA256Hasher.digest(of: [UInt8](image)))
        func received() async throws -> UInt64 { try await controller.client.upload(upload)?.receivedBytes ?? 0 }

        let first = try Machine(port: port, token: directory.file("token"), image: image)
        first.wire.setSilent(after: 13 << 20)
        try first.program.start()
        // What went into the wire is through, but for the little that HTTP adds.
        try await first.program.until("it is stuck in the middle") { try await received() > 12 << 20 }
        await first.program.kill()

        let second = try Machine(port: port, token: directory.file("token"), image: image)
        try second.program.start()
        #expect(await second.program.wait() == .status(0), "\(second.program.log)")
        let rest: UInt64 = 11 << 20
        #expect(second.wire.bytesSent > rest - 64 << 10 && second.wire.bytesSent < rest + 1 << 20 + 64 << 10)
        let template = try #require(try await controller.client.templates().first)
        #expect(template.image.digest == SHA256Hasher.digest(of: [UInt8](image)))
        first.wire.close()
        second.wire.close()
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
    }
}

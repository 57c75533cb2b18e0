import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// `virtfleet image` is killed at any instant, and done again: nothing is wrong, and little is done twice.
@Suite struct ImageKillTests {
    private let controller: FakeController
    private let content: [UInt8]

    init() throws {
        controller = try FakeController([:])
        var random = SeededGenerator(seed: 8)
        // 48 MiB that do not compress, in whole chunks.
        let words = (0..<6 << 20).map { _ in UInt64.random(in: 0 ... .max, using: &random) }
        content = words.withUnsafeBytes { Array($0) }
        try Data(content).write(to: URL(filePath: file("disk.raw")))
    }

    private func file(_ name: String) -> String { controller.directory.file(name) }

    private func program(_ arguments: [String]) throws -> ProgramUnderTest {
        try ProgramUnderTest("virtfleet", ["image"] + arguments, logPath: file("log"))
    }

    /// Runs it until it comes to its end, and kills it before that as often as given.
    /// - Parameter limit: when to kill it, in milliseconds.
    /// - Returns: how often it was killed.
    private func run(
        _ arguments: [String], kills: Int = 0, within limit: ClosedRange<Int> = 0...0, isDone: () -> Bool = { false }
    ) async throws -> Int {
        for number in 0..<kills {
            let program = try program(arguments)
            try program.start()
            try await Task.sleep(for: .milliseconds(Int.random(in: limit)))
            await program.kill()
            // It may have been killed in its last moment.
            if program.exit == .status(0) || isDone() { return number + 1 }
        }
        let program = try program(arguments)
        try program.start()
        #expect(await program.wait() == .status(0), "\(program.log)")
        return kills
    }

    @Test func anExtractionGoesOnWithAllButTheLastEightMebibytes() async throws {
        _ = try await run(
            ["make", file("disk.raw"), "--index", file("d.caibx"), "--store", file("chunks")])
        let server = try await NginxServer(serving: file("chunks"), rate: 1 << 20)
        let arguments = ["extract", file("d.caibx"), file("new.raw"), "--store", server.url]
        let kills = try await run(arguments, kills: 12, within: 20...600) { DurableFile.exists(file("new.raw")) }
        #expect(try DurableFile.bytes(of: file("new.raw")) == content)
        let left = try DurableFile.entries(of: controller.directory.path).filter { $0.hasPrefix("new.raw") }
        #expect(left == ["new.raw"])
        let (asked, chunks) = (server.requests.count, content.count / 65_536)
        // A kill loses what is not saved, and what is under way.
        #expect(asked - chunks <= kills * ((8 << 20) / 65_536 + 32), "\(asked) requests, \(kills) kills")
    }

    @Test func aStoreThatIsWrittenStaysWhole() async throws {
        let arguments = ["make", file("disk.raw"), "--index", file("d.caibx"), "--store", file("chunks")]
        _ = try await run(arguments, kills: 12, within: 5...250)
        let verified = try await controller.run("image", "verify", file("d.caibx"), "--store", file("chunks"))
        #expect(verified.status == 0, "\(verified.text)")
        let extracted = try await controller.run(
            "image", "extract", file("d.caibx"), file("new.raw"), "--store", file("chunks"))
        #expect(extracted.status == 0, "\(extracted.errorText)")
        #expect(try DurableFile.bytes(of: file("new.raw")) == content)
    }
}

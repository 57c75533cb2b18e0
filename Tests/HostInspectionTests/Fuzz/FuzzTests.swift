import FleetTestSupport
import Foundation
import Subprocess
import Testing

@testable import HostInspection

/// Whatever stands in a machine's files, an inspection ends, and its document can be read.
@Suite struct FuzzTests {
    /// In the environment as FUZZ_ROUNDS; see docs/testing.md.
    private let rounds = ProcessInfo.processInfo.environment["FUZZ_ROUNDS"].flatMap { UInt64($0) } ?? 15
    private let seed =
        ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: .min ... .max)

    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus").path

    private static func sketches() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: corpus).filter { $0.hasSuffix(".tree") }.sorted()
            .map { corpus + "/" + $0 }
    }

    /// The last lines of a run: `tree` or `seed` names what was inspected when it ended.
    private func run(_ arguments: [String]) async throws -> (exit: ChildProcess.Exit, output: String) {
        let directory = try TemporaryDirectory()
        let log = directory.file("log")
        let fuzzer = try ChildProcess(BuiltProgram.path("InspectionFuzzer"), arguments, output: .file(log))
        let watchdog = Task {
            try await Task.sleep(for: .seconds(120 + Int(rounds)))
            await fuzzer.kill()
        }
        let exit = await fuzzer.wait()
        watchdog.cancel()
        let lines = try String(decoding: Data(contentsOf: URL(filePath: log)), as: UTF8.self).split(separator: "\n")
        let last = lines.last { $0.hasPrefix("seed ") || $0.hasPrefix("tree ") } ?? ""
        return (exit, "\(exit) at: \(last)\n" + lines.suffix(20).joined(separator: "\n"))
    }

    @Test func whatOnceBrokeSomethingIsInspected() async throws {
        let sketches = try Self.sketches()
        #expect(sketches.count >= 9)
        let result = try await run(["0", "0"] + sketches)
        #expect(result.exit == .status(0), "\(result.output)")
    }

    @Test func garbageIsInspected() async throws {
        let machines = try [MachineFixture("laptop-i7-8750h-gtx1060"), MachineFixture("server-coffeelake-i350")]
        let fixtures = try machines.map { try $0.machine(.links) }
        defer { withExtendedLifetime(fixtures) {} }
        let result = try await run(
            ["\(seed)", "\(rounds)"] + Self.sketches() + fixtures.map(\.root.path))
        #expect(result.exit == .status(0), "\(result.output)")
    }
}

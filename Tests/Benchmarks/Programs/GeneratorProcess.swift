import FleetTestSupport
import Foundation
import Subprocess

/// Hosts that another process plays.
final class GeneratorProcess {
    private let process: ChildProcess
    private let directory: TemporaryDirectory
    private let output: FileHandle
    private var rest = Data()
    /// The newest, with all lags since they were taken.
    private(set) var report = GeneratorProgram.Report()

    init(_ role: GeneratorProgram.Task.Role, _ hosts: [Registration], port: UInt16) throws {
        directory = try TemporaryDirectory()
        let (task, lines) = (directory.file("task.json"), directory.file("reports"))
        try JSONEncoder().encode(GeneratorProgram.Task(role: role, hosts: hosts, port: port))
            .write(to: URL(filePath: task))
        process = try ChildProcess("/proc/self/exe", ["generate", task], output: .file(lines))
        output = try FileHandle(forReadingFrom: URL(filePath: lines))
    }

    /// Reads what it has said meanwhile.
    func read() throws {
        rest += try output.readToEnd() ?? Data()
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end]
            guard let next = try? JSONDecoder().decode(GeneratorProgram.Report.self, from: line) else {
                throw BenchmarkFailure("a generator says: \(String(decoding: line, as: UTF8.self))")
            }
            let lags = report.lags
            report = next
            report.lags = lags + next.lags
            rest = Data(rest[rest.index(after: end)...])
        }
        if let exit = process.exit { throw BenchmarkFailure("a generator has ended: \(exit)") }
    }

    func takeLags() -> [Double] {
        defer { report.lags = [] }
        return report.lags
    }

    func stop() async { await process.kill() }
}

extension [GeneratorProcess] {
    /// As many as the hosts need.
    static func playing(_ role: GeneratorProgram.Task.Role, _ hosts: [Registration], port: UInt16) throws -> Self {
        let size = 4000
        return try stride(from: 0, to: hosts.count, by: size).map {
            try GeneratorProcess(role, Array<Registration>(hosts[$0..<Swift.min($0 + size, hosts.count)]), port: port)
        }
    }

    /// Of all of them.
    func total<Number: AdditiveArithmetic>(_ figure: KeyPath<GeneratorProgram.Report, Number>) throws -> Number {
        try reduce(.zero) { sum, generator in
            try generator.read()
            return sum + generator.report[keyPath: figure]
        }
    }

    func wait(until what: String, _ condition: () throws -> Bool) async throws {
        for _ in 0..<60_000 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw BenchmarkFailure("waited in vain until \(what)")
    }

    func stop() async { for generator in self { await generator.stop() } }
}

import FleetTestSupport
import Foundation
import Subprocess

/// Wall time of `virtfleet-agent inspect` beside the commands that people ask today, one after the other on the same
/// machine; and of a synthetic machine as large as they get beside one of a laptop's size, for each of its devices.
struct HostInspection: Benchmark {
    static let name = "host-inspection"
    static let summary = "wall time of a full inspection, here and of the largest machine"

    private static let others: [(path: String, arguments: [String])] = [
        ("/usr/bin/lspci", ["-vv"]), ("/usr/bin/lstopo", ["--of", "xml"]), ("/usr/bin/virt-host-validate", []),
    ]
    /// Inspections in a run, of which the mean counts.
    private static let repetitions = 5

    func run(_ context: BenchmarkContext) async throws -> [Measurement] {
        let agent = context.binaries + "/virtfleet-agent"
        let largest = try directory(.largest)
        let laptop = try directory(.laptop)
        var own: [Double] = []
        var others: [Double] = []
        var perDevice: (largest: [Double], laptop: [Double]) = ([], [])
        // What is read for the first time comes from the disk, for everybody.
        try await inspect(agent, "/")
        for other in Self.others { try await run(other.path, other.arguments) }
        for _ in 0..<context.runs {
            own.append(try await milliseconds { try await inspect(agent, "/") })
            others.append(
                try await milliseconds {
                    for other in Self.others { try await run(other.path, other.arguments) }
                })
            perDevice.largest.append(
                try await milliseconds { try await inspect(agent, largest.path) }
                    / Double(SyntheticMachine.largest.devices))
            perDevice.laptop.append(
                try await milliseconds { try await inspect(agent, laptop.path) }
                    / Double(SyntheticMachine.laptop.devices))
        }
        return [
            Measurement(
                "inspect, this machine", own, unit: "ms", versus: "lspci -vv; lstopo; virt-host-validate",
                reference: others
            )
            .goal("≤ 1/3") { ($0.ratio ?? 1) <= 1.0 / 3 },
            Measurement(
                "inspect, 8 sockets, 600 devices, a device", perDevice.largest, unit: "ms",
                versus: "a laptop's, a device",
                reference: perDevice.laptop
            )
            .goal("< 10×") { ($0.ratio ?? 10) < 10 },
        ]
    }

    /// In memory, as /sys and /proc are.
    private func directory(_ machine: SyntheticMachine) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory(below: "/dev/shm")
        machine.tree.write(below: directory.path)
        return directory
    }

    private func inspect(_ agent: String, _ root: String) async throws {
        guard try await run(agent, ["inspect", "--root", root, "--output", "json"]) == .status(0) else {
            throw BenchmarkFailure("virtfleet-agent inspect --root \(root) failed")
        }
    }

    /// virt-host-validate says by its status what it thinks of the machine.
    @discardableResult
    private func run(_ path: String, _ arguments: [String]) async throws -> ChildProcess.Exit {
        try await ChildProcess(path, arguments).wait()
    }

    private func milliseconds(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        for _ in 0..<Self.repetitions { try await body() }
        return (ContinuousClock.now - start) / .milliseconds(1) / Double(Self.repetitions)
    }
}

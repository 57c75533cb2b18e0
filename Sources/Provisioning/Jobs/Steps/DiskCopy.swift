import FleetRuntime
import FoundationEssentials
import Subprocess

/// A disk, with all that is below it, as one qcow2 file of its own.
struct DiskCopy: Sendable {
    let source: String
    /// Of the source: `qcow2`, `raw`.
    let format: String
    /// Replaced when it is there; not synced.
    let target: String

    /// A disk of terabytes takes hours; what hangs ends all the same.
    private static let timeout = Duration.seconds(24 * 3600)
    private static let limits = Subprocess.Limits(addressSpaceBytes: DiskLayer.limits.addressSpaceBytes)

    /// - Throws: `JobProblem.cancelled`, or what went wrong.
    func make(_ work: StepWork, activity: String = "copying the image", time: any TimeSource) async throws {
        try await work.whileWanted(time: time) {
            _ = try await Subprocess.run(
                "qemu-img", ["convert", "-p", "-f", format, "-O", "qcow2", source, target], limits: Self.limits,
                timeout: Self.timeout,
                onOutput: { if let percent = Self.percent(in: $0) { work.progress(activity, percent) } }
            ).successful()
        }
    }

    /// At most so many bytes the copy takes at once.
    static func bytes(of source: String, format: String) async throws -> UInt64 {
        struct Measure: Decodable { var required: UInt64 }
        let output = try await Subprocess.run(
            "qemu-img", ["measure", "-f", format, "-O", "qcow2", "--output=json", source], limits: DiskLayer.limits
        ).successful()
        return try JSONDecoder().decode(Measure.self, from: Data(output.standardOutput)).required
    }

    /// The last of `    (12.34/100%)\r`, as qemu-img writes it.
    static func percent(in output: [UInt8]) -> Double? {
        let text = String(decoding: output, as: UTF8.self)
        return text.split(separator: "(").last?.split(separator: "/").first.flatMap { Double($0) }
    }
}

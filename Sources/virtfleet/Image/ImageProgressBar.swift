import CommandLineKit
import FleetRuntime

/// How far work on an image is, with its rate.
final class ImageProgressBar: Sendable {
    private let bar: ProgressDisplay
    private let rate = TransferRate()

    init(_ title: String, _ stream: Console.Stream) { bar = ProgressDisplay(title, stream: stream) }

    /// - Parameter note: what else there is to say.
    func show(_ done: UInt64, of total: UInt64, _ note: String = "") {
        bar.update(
            total == 0 ? 1 : Double(done) / Double(total),
            "\(HumanText.bytes(done)) of \(HumanText.bytes(total))" + note + rate.text(done, of: total))
    }

    func finish() { bar.finish() }
}

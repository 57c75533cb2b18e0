import FleetModel
import FleetRuntime
import ImageStore
import Synchronization

/// Thins a download's progress to two reports a second, with the rate since the last.
final class ProgressMeter: Sendable {
    private static let interval = Duration.milliseconds(500)

    private let job: JobID
    private let time: any TimeSource
    private let progress: Mailbox<JobProgress>
    private let last: Mutex<(time: Duration, bytes: UInt64)?> = Mutex(nil)

    init(job: JobID, time: any TimeSource, progress: Mailbox<JobProgress>) {
        self.job = job
        self.time = time
        self.progress = progress
    }

    @Sendable func record(_ image: ImageProgress) {
        let now = time.monotonic()
        let rate: Double?? = last.withLock { last in
            guard let previous = last else {
                last = (now, image.receivedBytes)
                return .some(nil)
            }
            let elapsed = now - previous.time
            guard elapsed >= Self.interval || image.receivedBytes == image.totalBytes else { return nil }
            last = (now, image.receivedBytes)
            guard elapsed > .zero else { return .some(nil) }
            return Double(image.receivedBytes - min(previous.bytes, image.receivedBytes)) / elapsed.seconds
        }
        guard let rate else { return }
        progress.send(
            JobProgress(
                job: job, activity: "fetching the image",
                percent: 100 * Double(image.receivedBytes) / Double(max(image.totalBytes, 1)), bytesPerSecond: rate))
    }
}

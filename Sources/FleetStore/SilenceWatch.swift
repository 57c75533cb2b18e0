import FleetModel
import FoundationEssentials

/// Finds the jobs of which nothing has been heard for too long. Only time counts in which their host was online: a laptop that
/// sleeps is not silent. Pure.
struct SilenceWatch {
    /// A job that a host knows of, or should.
    struct Subject: Equatable {
        var id: JobID
        var host: HostID
        /// Its newest news: any change ends the silence.
        var state: JobState
        var updatedAt: Date
        var progress: JobProgress?

        /// How long the host may say nothing while the job is in its state; nil for ever, as a job may wait for its window.
        var patience: Duration? {
            switch state {
            case .offered, .accepted, .staging, .ready: .seconds(1800)
            // A guest may take an hour to shut down, and nothing tells how far it is.
            case .applying, .verifying, .rollingBack: .seconds(2 * 3600)
            default: nil
            }
        }
    }

    private struct Silence {
        var news: Subject
        var lasted: Duration
    }

    /// More has passed between two looks only where nobody could look: it counts for nobody.
    private static let longestStep = Duration.seconds(120)

    private var silences: [JobID: Silence] = [:]
    private var online: Set<HostID> = []
    private var lookedAt: Duration?

    /// - Parameters:
    ///   - subjects: all there are.
    ///   - now: on a clock that stands still while this machine sleeps.
    /// - Returns: those that are silent for too long.
    mutating func look(_ subjects: [Subject], online: Set<HostID>, at now: Duration) -> Set<JobID> {
        let step = lookedAt.map { min(now - $0, Self.longestStep) } ?? .zero
        let throughout = self.online.intersection(online)
        var silent: Set<JobID> = []
        var next: [JobID: Silence] = [:]
        for subject in subjects {
            guard let patience = subject.patience else { continue }
            var silence = Silence(news: subject, lasted: .zero)
            if let before = silences[subject.id], before.news == subject {
                silence.lasted = before.lasted + (throughout.contains(subject.host) ? step : .zero)
            }
            if silence.lasted >= patience { silent.insert(subject.id) }
            next[subject.id] = silence
        }
        (silences, self.online, lookedAt) = (next, online, now)
        return silent
    }
}

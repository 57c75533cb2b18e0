import DurableStream
import FleetModel
import FleetRuntime
import FoundationEssentials

/// What the store remembers between commits so as not to ask the database for each message. A value: a commit works
/// on a copy, which is kept once the transaction has succeeded.
struct IngestMemory {
    /// What a host's presence told of itself since the start.
    struct Standing {
        var jobsRevision: UInt64
        var recorded: RecordPosition?
        var acked: StreamPosition?
        /// Whether the record has arrived as far as `recorded`, and the conclusions are drawn.
        var settled = false
    }

    var storeID: StoreID
    /// The registered hosts.
    var hosts: Set<HostID>
    var lastSeen: [HostID: Date] = [:]
    /// Whose `lastSeen` is newer than the database's.
    var unsavedLastSeen: Set<HostID> = []
    var standings: [HostID: Standing] = [:]
    /// Of running jobs.
    var progress: [JobID: JobProgress] = [:]
    /// Hosts whose job set may have to be made or published.
    var changedJobSets: Set<HostID> = []
    /// Hosts that a newly signed set has to tell the time.
    var wantingTime: Set<HostID> = []
    /// Hosts whose set still names jobs that are over, and when to look again, on the monotonic clock.
    var laggingJobSets: [HostID: Duration] = [:]
    /// The revision that the broker holds for certain.
    var publishedRevisions: [HostID: UInt64] = [:]
    /// Likewise of desired states.
    var publishedDesires: [HostID: UInt64] = [:]
    /// Hosts whose jobs or presence have changed since the rollouts were last looked at.
    var restlessHosts: Set<HostID> = []
    /// Somebody has changed a rollout, or it could not be brought to its end at once.
    var hasRolloutNews = true
    /// When all hosts of all rollouts were last looked at, on the monotonic clock.
    var rolloutsSweptAt: Duration?
    /// Topics of hosts that are not registered, of which the broker keeps something.
    var strays: Set<String> = []
    /// When the database last took a new ID because a host knew more than it.
    var renewedAt: Duration?

    init(storeID: StoreID, hosts: Set<HostID>, changedJobSets: Set<HostID>) {
        self.storeID = storeID
        self.hosts = hosts
        self.changedJobSets = changedJobSets
    }

    mutating func remove(_ host: HostID) {
        hosts.remove(host)
        lastSeen[host] = nil
        unsavedLastSeen.remove(host)
        standings[host] = nil
        changedJobSets.remove(host)
        laggingJobSets[host] = nil
        publishedRevisions[host] = nil
        publishedDesires[host] = nil
        restlessHosts.remove(host)
        wantingTime.remove(host)
    }
}

import FleetModel
import FoundationEssentials

/// How a rollout goes on, as its intent says.
public struct RolloutRules: Codable, Equatable, Sendable {
    /// How many hosts each wave lets begin beside those of the waves before; all that are left belong to a last one.
    public var waves: [Share]
    /// Between the end of a wave and the next.
    public var soakSeconds: Int
    /// How many hosts may be about it at the same time.
    public var concurrency: Int
    /// With more failures among the hosts that came to an end it halts.
    public var failureThreshold: Share
    /// How long a host has to begin before it has to be asked anew; where there are windows, until the end of the next.
    public var patienceSeconds: Int
    /// After so many missed windows it does not wait for another; never when nil.
    public var forceAfter: Int?
    /// Whether hosts that have begun take back what they did when the rollout is aborted; they finish otherwise.
    public var rollsBackOnAbort: Bool

    public init(
        waves: [Share], soakSeconds: Int, concurrency: Int, failureThreshold: Share, patienceSeconds: Int,
        forceAfter: Int? = nil, rollsBackOnAbort: Bool = false
    ) {
        self.waves = waves
        self.soakSeconds = soakSeconds
        self.concurrency = concurrency
        self.failureThreshold = failureThreshold
        self.patienceSeconds = patienceSeconds
        self.forceAfter = forceAfter
        self.rollsBackOnAbort = rollsBackOnAbort
    }

    /// How many hosts each wave lets begin, the last one's rest included.
    public func sizes(of total: Int) -> [Int] {
        let ends = (0...waves.count).map { budget(of: $0, total: total) }
        return zip(ends, [0] + ends).map { $0 - $1 }.filter { $0 > 0 }
    }

    /// How many hosts may have begun by the end of a wave.
    /// - Parameter wave: 0 for the first.
    /// - Parameter total: the hosts of the rollout.
    package func budget(of wave: Int, total: Int) -> Int {
        guard wave < waves.count else { return total }
        return min(total, waves[...wave].reduce(0) { $0 + $1.count(of: total) })
    }
}

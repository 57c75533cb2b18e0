/// Full-jitter exponential back-off: each delay is uniform between zero and the doubled, capped base.
public struct Backoff: Sendable {
    private let base: Duration
    private let cap: Duration
    private var attempt = 0

    public init(base: Duration = .seconds(1), cap: Duration = .seconds(60)) {
        self.base = base
        self.cap = cap
    }

    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let ceiling = min(base * (1 << min(attempt, 20)), cap)
        attempt += 1
        return ceiling * Double.random(in: 0...1, using: &generator)
    }

    public mutating func reset() { attempt = 0 }
}

import FoundationEssentials

/// `GET /api/v1/hosts/{id}/metrics`: the latest batch.
public struct MetricsResource: Codable, Equatable, Sendable {
    public var host: HostID
    public var receivedAt: Date
    public var batch: MetricsBatch
    public init(host: HostID, receivedAt: Date, batch: MetricsBatch) {
        self.host = host
        self.receivedAt = receivedAt
        self.batch = batch
    }
}

/// `GET /api/v1/hosts/{id}/series?key=K&vm=UUID&from=T&to=T`: the samples of one series in time order.
public struct SeriesResource: Codable, Equatable, Sendable {
    public struct Sample: Codable, Equatable, Sendable {
        public var time: Date
        public var value: Double
        public init(time: Date, value: Double) {
            self.time = time
            self.value = value
        }
    }
    public var host: HostID
    public var vm: VMID?
    public var key: String
    public var samples: [Sample]
    public init(host: HostID, vm: VMID?, key: String, samples: [Sample]) {
        self.host = host
        self.vm = vm
        self.key = key
        self.samples = samples
    }
}

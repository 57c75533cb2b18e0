import FleetModel

extension MemoryDemand.HugePages {
    var sizeBytes: UInt64? {
        switch self {
        case .none: nil
        case .twoMiB, .auto: 2 << 20
        case .oneGiB: 1 << 30
        }
    }
}

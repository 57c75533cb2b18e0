/// What only newer versions of libvirt can, of what virtfleet writes into definitions.
public enum LibvirtFeature: Sendable {
    /// VLAN tags on ordinary Linux bridges.
    case bridgeVLAN
    /// `discard_granularity` of a disk's `<blockio>`.
    case discardGranularity

    /// From https://libvirt.org/news.html.
    private var since: (major: Int, minor: Int) {
        switch self {
        case .bridgeVLAN: (11, 0)
        case .discardGranularity: (11, 3)
        }
    }

    /// - Parameter version: such as `9.0.0`. What cannot be read has none of it.
    public func isIn(_ version: String) -> Bool {
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        guard numbers.count >= 2 else { return false }
        return (numbers[0], numbers[1]) >= since
    }
}

/// How much memory a VM asks for, and of what pages.
public struct MemoryDemand: Codable, Equatable, Sendable {
    public enum HugePages: String, Codable, Sendable, CaseIterable {
        case none
        case twoMiB = "2M"
        case oneGiB = "1G"
        /// 2 MiB where the host can have enough of them, else none.
        case auto
    }

    /// Less would not do.
    public var minimumBytes: UInt64
    /// It gets what is left up to this; equal to the minimum for a fixed size.
    public var maximumBytes: UInt64
    public var hugePages: HugePages

    public init(minimumBytes: UInt64, maximumBytes: UInt64, hugePages: HugePages = .none) {
        self.minimumBytes = minimumBytes
        self.maximumBytes = maximumBytes
        self.hugePages = hugePages
    }
}

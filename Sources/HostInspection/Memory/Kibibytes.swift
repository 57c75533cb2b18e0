extension UInt64 {
    /// What the kernel calls kB is KiB; nil for what is no number, or no size that a machine has.
    init?(kibibytes text: some StringProtocol) {
        guard let count = UInt64(text), count < 1 << 53 else { return nil }
        self = count << 10
    }
}

/// Sizes as people read them.
enum HumanText {
    /// `13.1 MiB`, `4 GiB`: binary units, one decimal where it says something.
    static func bytes(_ count: UInt64) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1023.95 { return decimal(value) + " " + unit }
            value /= 1024
        }
        return decimal(value) + " PiB"
    }

    private static func decimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
    }
}

/// Where the kernel's boot framebuffer lies in memory, by the marks in /proc/iomem.
struct BootFramebuffer: Sendable {
    enum Knowledge: Equatable, Sendable {
        /// The tree does not tell.
        case absent
        /// Only root is shown the addresses.
        case hidden
        /// Possibly nowhere.
        case ranges([ClosedRange<UInt64>])
    }

    private static let marks = ["BOOTFB", "efifb", "simpledrm", "simple-framebuffer", "simplefb", "vesafb"]

    let knowledge: Knowledge

    init(_ root: HostRoot) {
        guard let text = root.text("/proc/iomem") else {
            knowledge = .absent
            return
        }
        var ranges: [ClosedRange<UInt64>] = []
        var sawAddress = false
        for line in text.split(separator: "\n") {
            guard let separator = line.firstRange(of: " : "), let range = Self.range(line[..<separator.lowerBound], "-")
            else { continue }
            sawAddress = sawAddress || range.upperBound != 0
            let name = line[separator.upperBound...]
            if range.upperBound != 0, Self.marks.contains(where: { name.contains($0) }) { ranges.append(range) }
        }
        knowledge = sawAddress ? .ranges(ranges) : .hidden
    }

    /// Whether it lies in one of a device's memory ranges: the lines of its `resource` file are start, end and flags.
    func lies(in resource: String?) -> Bool? {
        guard case .ranges(let framebuffers) = knowledge, let resource else { return nil }
        let memory = resource.split(separator: "\n").compactMap { line -> ClosedRange<UInt64>? in
            let fields = line.split(separator: " ")
            return fields.count == 3 ? Self.range(fields[0] + "-" + fields[1], "-") : nil
        }
        return framebuffers.contains { framebuffer in
            memory.contains { $0.upperBound != 0 && $0.contains(framebuffer.lowerBound) }
        }
    }

    /// Two hexadecimal numbers, with or without `0x`.
    private static func range(_ text: Substring, _ separator: Character) -> ClosedRange<UInt64>? {
        let bounds = text.split(separator: separator).compactMap { bound -> UInt64? in
            let number = bound.drop { $0 == " " }
            return UInt64(number.hasPrefix("0x") ? number.dropFirst(2) : number, radix: 16)
        }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return nil }
        return bounds[0]...bounds[1]
    }
}

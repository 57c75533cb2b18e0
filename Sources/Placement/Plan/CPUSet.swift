/// Hardware threads, by the kernel's numbers: libvirt's `cpuset`.
public struct CPUSet: Codable, Hashable, Sendable {
    /// Ascending.
    public let threads: [Int]

    public init(_ threads: some Sequence<Int>) { self.threads = Set(threads).sorted() }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([Int].self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(threads)
    }
}

extension CPUSet: CustomStringConvertible {
    /// The kernel's list format: `0,2-7`.
    public var description: String {
        var ranges: [ClosedRange<Int>] = []
        for thread in threads {
            if let last = ranges.last, last.upperBound < thread, last.upperBound + 1 == thread {
                ranges[ranges.count - 1] = last.lowerBound...thread
            } else {
                ranges.append(thread...thread)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}

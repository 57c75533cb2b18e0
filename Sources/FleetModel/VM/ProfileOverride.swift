/// What `vm.resize` has a VM have otherwise than its profile says, whichever version of that it gets.
public struct ProfileOverride: Codable, Equatable, Sendable {
    /// At least, and at most where no maximum is given.
    public var memoryMiB: Int?
    /// Only with `memoryMiB`.
    public var maximumMemoryMiB: Int?
    public var vcpus: Int?

    public init(memoryMiB: Int? = nil, maximumMemoryMiB: Int? = nil, vcpus: Int? = nil) {
        self.memoryMiB = memoryMiB
        self.maximumMemoryMiB = maximumMemoryMiB
        self.vcpus = vcpus
    }

    public var isEmpty: Bool { self == ProfileOverride() }
}

/// A program that the guest agent has started, as it stands.
public struct GuestProgram: Equatable, Sendable {
    public var isRunning: Bool
    /// Absent while it runs, and when a signal ended it.
    public var exitStatus: Int?
    public var signal: Int?
    /// All that it wrote, once it has ended.
    public var output: [UInt8]
    public var errorOutput: [UInt8]
    /// The guest agent kept no more than is here.
    public var isCut: Bool

    public init(
        isRunning: Bool = false, exitStatus: Int? = nil, signal: Int? = nil, output: [UInt8] = [],
        errorOutput: [UInt8] = [], isCut: Bool = false
    ) {
        self.isRunning = isRunning
        self.exitStatus = exitStatus
        self.signal = signal
        self.output = output
        self.errorOutput = errorOutput
        self.isCut = isCut
    }
}

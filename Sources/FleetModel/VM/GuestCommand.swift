/// A program in the guest that a profile lets `guest.exec` run, by its name.
public struct GuestCommand: Codable, Equatable, Sendable {
    public var name: ResourceName
    /// Absolute, in the guest's words: `/usr/bin/systemctl`, `C:\Windows\System32\w32tm.exe`.
    public var path: String
    public var arguments: [String] = []
    /// How long it may take; it is not ended afterwards, as a guest agent cannot do that.
    public var timeoutSeconds = 60
    /// Whether a job may add arguments of its own.
    public var takesArguments = false

    public init(
        name: ResourceName, path: String, arguments: [String] = [], timeoutSeconds: Int = 60,
        takesArguments: Bool = false
    ) {
        self.name = name
        self.path = path
        self.arguments = arguments
        self.timeoutSeconds = timeoutSeconds
        self.takesArguments = takesArguments
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(ResourceName.self, forKey: .name)
        path = try values.decode(String.self, forKey: .path)
        arguments = try values.decodeIfPresent([String].self, forKey: .arguments) ?? arguments
        timeoutSeconds = try values.decodeIfPresent(Int.self, forKey: .timeoutSeconds) ?? timeoutSeconds
        takesArguments = try values.decodeIfPresent(Bool.self, forKey: .takesArguments) ?? takesArguments
    }

    /// It cannot be looked up by the guest, where somebody could have put another program of that name.
    public var isAbsolute: Bool {
        if path.hasPrefix("/") { return true }
        let start = Array(path.utf8.prefix(3))
        return start.count == 3 && start[1] == UInt8(ascii: ":") && start[2] == UInt8(ascii: "\\")
    }
}

/// What a program in a guest did.
public struct GuestCommandResult: Codable, Equatable, Sendable {
    /// What is kept of each output: its end, where errors are.
    public static let maximumOutputBytes = 16 << 10

    /// Absent when a signal (on Windows an exception) ended it.
    public var exitStatus: Int?
    public var signal: Int?
    /// The end of what it wrote to standard output, as UTF-8; what is none is replaced.
    public var output: String
    /// Likewise of standard error.
    public var errorOutput: String
    /// It wrote more than is here.
    public var isCut: Bool

    public init(exitStatus: Int?, signal: Int? = nil, output: String, errorOutput: String, isCut: Bool) {
        self.exitStatus = exitStatus
        self.signal = signal
        self.output = output
        self.errorOutput = errorOutput
        self.isCut = isCut
    }
}

/// The command line is wrong; the message says where and what would be right.
public struct UsageError: ExitCodeError, CustomStringConvertible, Equatable {
    public let description: String
    public init(_ description: String) { self.description = description }
    public var exitCode: ExitCode { .usage }
}

/// What a program's exit status tells a script (docs/command-line.md).
public enum ExitCode: Int32, CaseIterable, Sendable {
    case success = 0
    case failure = 1
    /// The command line is wrong; nothing was attempted.
    case usage = 2
    /// A preview found something to change.
    case changesPending = 3
    /// Some of several things were done.
    case partlyFailed = 4
    /// The server did not answer.
    case unreachable = 5
    /// What was asked contradicts what is there, such as a name that is taken.
    case conflict = 6
}

/// An error that knows which exit status it deserves; every other one exits with `failure`.
public protocol ExitCodeError: Error {
    var exitCode: ExitCode { get }
}

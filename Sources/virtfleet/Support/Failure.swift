import CommandLineKit

/// A command could not do what it was asked; the message says what was attempted, on what, what to do next.
struct Failure: ExitCodeError, CustomStringConvertible {
    let description: String
    let exitCode: ExitCode

    init(_ description: String, exitCode: ExitCode = .failure) {
        self.description = description
        self.exitCode = exitCode
    }
}

import CommandLineKit
import Glibc

/// Asks before something is destroyed.
enum Confirmation {
    static let yes = Argument<Bool>.flag("yes", short: "y", "Do not ask for confirmation")

    /// - Throws: when nobody is there to ask, or the answer is no.
    static func demand(_ question: String, _ arguments: ParsedArguments, _ console: Console) throws {
        if try arguments(yes) { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw UsageError("\(question) Nobody is at the terminal to answer; say --yes to go on.")
        }
        console.error.write("\(question) [y/N] ")
        let answer = readLine()?.lowercased() ?? ""
        guard answer == "y" || answer == "yes" else { throw Failure("nothing was changed") }
    }
}

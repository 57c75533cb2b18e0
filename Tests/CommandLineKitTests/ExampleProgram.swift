import CommandLineKit
import Synchronization

/// A program with one of everything.
enum Example {
    enum Speed: String, CaseIterable, ArgumentValue { case slow, fast }

    static let server = Argument<String?>.option(
        "server", "URL", "Where to ask", environment: "EXAMPLE_SERVER", completion: .files)
    static let quiet = Argument<Bool>.flag("quiet", short: "q", "Say less")

    static let force = Argument<Bool>.flag("force", short: "f", "Do not ask")
    static let speed = Argument<Speed>.option("speed", short: "s", "SPEED", "How to move", default: .slow)
    static let count = Argument<Int?>.option("count", short: "n", "N", "How often")
    static let tags = Argument<[String]>.options("tag", "TAG", "What to call it")
    static let target = Argument<String>.positional(
        "TARGET", "What to move",
        completion: .dynamic { arguments in
            let server = ((try? arguments(server)) ?? nil) ?? "nowhere"
            return [.init("alpha", "from \(server)"), .init("beta:1", "with a colon"), .init("gamma")]
        })
    static let parts = Argument<[String]>.positionals("PART", "Which parts")
    /// Means something else than the program's own `--version`.
    static let version = Argument<String?>.option("version", "V", "Which version")
    static let into = Argument<String>.requiredOption("into", "DIRECTORY", "Where to put them", completion: .files)

    static func program(_ report: @escaping @Sendable (String) -> Void) -> Program {
        let move = Command(
            "move", "Move a thing",
            discussion: "It goes from here to there.\n\nA second paragraph, long enough that it has to be wrapped "
                + "somewhere before the eightieth column of the terminal.",
            arguments: [
                force.specification, speed.specification, count.specification, tags.specification,
                target.specification,
            ], examples: [.init("example thing move alpha --speed fast", "in a hurry")]
        ) { arguments, _ in
            let count = try arguments(count).map { "\($0)" } ?? "-"
            report(
                "\(try arguments(target)) force=\(try arguments(force)) speed=\(try arguments(speed)) count=\(count) "
                    + "tags=\(try arguments(tags)) server=\(try arguments(server) ?? "-") "
                    + "quiet=\(try arguments(quiet))")
            return .success
        }
        let pack = Command(
            "pack", "Pack parts", arguments: [into.specification, version.specification, parts.specification]
        ) { arguments, _ in
            report("\(try arguments(parts)) into \(try arguments(into)) at \(try arguments(version) ?? "-")")
            return .changesPending
        }
        let secret = Command("secret", "Be hidden", isHidden: true) { _, _ in .success }
        let root = Command(
            "example", "Show what a command line can do",
            arguments: [server.specification, quiet.specification],
            subcommands: [
                Command("thing", "Handle things", subcommands: [move, pack]), .completion(for: "example"), secret,
            ])
        return Program(root, version: "1.2.3")
    }
}

/// What a program wrote and returned.
struct Outcome: Equatable {
    var code: ExitCode
    var output = ""
    var error = ""
    var reports: [String] = []
}

func run(_ words: String..., environment: [String: String] = [:]) async -> Outcome {
    await run(words, environment: environment)
}

func run(_ words: [String], environment: [String: String] = [:]) async -> Outcome {
    let output = Recorder()
    let error = Recorder()
    let reports = Recorder()
    let console = Console(
        output: Console.Stream(sink: output.add), error: Console.Stream(sink: error.add), environment: environment)
    let code = await Example.program(reports.add).run(words, console: console)
    return Outcome(
        code: code, output: output.pieces.joined(), error: error.pieces.joined(), reports: reports.pieces)
}

/// Collects texts from any thread.
final class Recorder: Sendable {
    private let state = Mutex<[String]>([])
    var pieces: [String] { state.withLock { $0 } }
    @Sendable func add(_ text: String) { state.withLock { $0.append(text) } }
}

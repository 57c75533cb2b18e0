import CommandLineKit
import Configuration
import FleetModel
import FleetRuntime

/// `virtfleet-agent defer`: the person at the host has an announced job begin later.
enum DeferCommand {
    private static let jobs = Argument<[JobID]>.positionals(
        "JOB", "The jobs; without any the one that is announced", atLeastOne: false)
    private static let length = Argument<Interval>.option(
        "for", "TIME", "How much later it begins, 1m to 8h", default: .seconds(Int64(JobDeferral.defaultSeconds)))

    static let command = Command(
        "defer", "Put off jobs that are announced on this host",
        discussion: """
            As often as the job allows, and only so far that it can still begin before it expires: it can be delayed, not \
            prevented. Who has put it off is on the fleet's record.
            """,
        arguments: [jobs.specification, length.specification],
        examples: [
            .init("virtfleet-agent defer", "Have the announced job begin an hour later"),
            .init("virtfleet-agent defer 01ARZ3NDEKTSV4RRFFQ69G5F01 --for 3h", "Another job, another time"),
        ]
    ) { arguments, console in
        let socket = AgentSocket(configuration: try arguments(AgentCommand.config))
        let seconds = Int(try arguments(length).duration.components.seconds)
        let named = try arguments(jobs)
        for job in named.isEmpty ? [nil] : named.map(Optional.some) {
            for answer in try socket.ask(LocalRequest(call: .putOff, job: job, seconds: seconds)) {
                console.output.line(answer.deferralText)
            }
        }
        return .success
    }
}

extension LocalJob {
    /// What became of one that was put off.
    fileprivate var deferralText: String {
        let begin = beginsAt.map { "begins at \(HumanText.localTime($0))" } ?? "was put off"
        let left = deferralsLeft ?? 0
        let offer =
            left == 0 ? "cannot be put off any more" : "can be put off \(left == 1 ? "once" : "\(left) times") more"
        return "\(kind) \(id) \(begin); it \(offer)"
    }
}

extension JobID: ArgumentValue {}

extension Interval: ArgumentValue {
    public init?(argument: String) { self.init(argument) }
    public static var expectation: String { "a length of time such as 30m or 3h" }
}

import CommandLineKit
import FleetModel

/// `virtfleet-agent jobs`: what the agent of this host still has to do.
enum JobsCommand {
    private static let output = Argument<OutputFormat>.option(
        "output", short: "o", "FORMAT", "How to print the jobs", default: .table)

    static let command = Command(
        "jobs", "List the jobs of this host that have not ended, and which are announced",
        discussion: """
            Asks the running agent, so it works without a network. Only root and whoever has a session on a seat of this \
            host is answered.
            """,
        arguments: [output.specification],
        examples: [
            .init("virtfleet-agent jobs", "What waits, for what, and what begins when"),
            .init("virtfleet-agent jobs --output json | jq '.[].beginsAt'", "For a program"),
        ]
    ) { arguments, console in
        let jobs = try AgentSocket(configuration: try arguments(AgentCommand.config)).ask(LocalRequest(call: .jobs))
        var renderer = Renderer(
            LocalJob.presentation, format: try arguments(output), width: console.output.width,
            usesColor: console.output.usesColor)
        console.output.write(try renderer.text(.list(jobs)))
        if let hint = renderer.hint(for: jobs) { console.error.line(hint) }
        return .success
    }
}

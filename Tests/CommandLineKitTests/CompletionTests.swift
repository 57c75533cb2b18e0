import CommandLineKit
import FleetTestSupport
import FoundationEssentials
import Testing

@Suite struct CompletionTests {
    @Test(arguments: [
        ([""], ["thing\tHandle things", "completion\tPrint the script that completes commands in a shell"]),
        (["th"], ["thing\tHandle things"]),
        (["thing", "m"], ["move\tMove a thing"]),
        (["thing", "move", "--s"], ["--server\tWhere to ask", "--speed\tHow to move"]),
        (["thing", "move", "--speed", ""], ["slow", "fast"]),
        (["thing", "move", "--speed=f"], ["--speed=fast"]),
        (["thing", "move", "-s", "s"], ["slow"]),
        (["thing", "move", "b"], ["beta:1\twith a colon"]),
        (["--server", "here", "thing", "move", "a"], ["alpha\tfrom here"]),
        (["thing", "move", "alpha", ""], []),
        (["thing", "pack", "--into", ""], [":files"]),
        (["completion", "z"], ["zsh"]),
        (["nonsense", ""], []),
    ])
    func candidatesFollowTheLine(_ words: [String], _ expected: [String]) async {
        let outcome = await run(["__complete"] + words)
        #expect(outcome.output.split(separator: "\n").map(String.init) == expected)
        #expect(outcome.code == .success)
        #expect(outcome.error == "")
    }

    @Test func givenOptionsAreNotOfferedAgain() async {
        let outcome = await run("__complete", "thing", "move", "--force", "--tag", "x", "--")
        #expect(!outcome.output.contains("--force"))
        #expect(outcome.output.contains("--tag"), "a repeatable option is")
    }

    @Test(arguments: Shell.allCases) func scriptsAreAsWritten(_ shell: Shell) async throws {
        let script = (await run("completion", shell.rawValue)).output
        let difference = try GoldenFile("completion.\(shell)").difference(from: script)
        #expect(difference == nil)
    }

    /// The real shells complete with the real script; a stub stands for the program and plays its answers.
    @Test func bashCompletes() async throws {
        let stage = try Stage(shell: .bash)
        func complete(_ line: String) async throws -> String {
            try await CommandLineKitTests.shell(
                """
                cd '\(stage.directory.path)'; export PATH="$PWD:$PATH"; bash -n script && bash -c '
                source ./script
                COMP_LINE=$1 COMP_POINT=${#1}
                compopt() { echo "compopt $*"; }
                _example
                printf "%s\\n" "${COMPREPLY[@]}"' bash '\(line)'; cat asked
                """)
        }
        try stage.answer("alpha\tthe first\nbeta:1\twith a colon\n")
        #expect(try await complete("example thing move ") == "alpha\nbeta:1\n__complete|thing|move|\n")
        // Bash has cut the word at the colon and keeps what stands before it.
        try stage.answer("beta:1\n")
        #expect(try await complete("example thing move beta:") == "1\n__complete|thing|move|beta:\n")
        try stage.answer("--speed=fast\n")
        #expect(try await complete("example --speed=f") == "fast\n__complete|--speed=f\n")
        try stage.answer(":files\n")
        #expect(try await complete("example --into ").hasPrefix("compopt -o default\n"))
    }

    @Test func zshCompletes() async throws {
        let stage = try Stage(shell: .zsh)
        func complete() async throws -> String {
            try await CommandLineKitTests.shell(
                """
                cd '\(stage.directory.path)'; zsh -n script && zsh -f -c '
                compdef() { print "compdef $*" }
                _files() { print files }
                _describe() { print -rl -- "${(@P)2}" }
                source ./script
                words=(./example thing move ""); CURRENT=4
                _example'; cat asked
                """)
        }
        try stage.answer("alpha\tthe first\nbeta:1\twith a colon\n")
        #expect(
            try await complete()
                == "compdef _example example\nalpha:the first\nbeta\\:1:with a colon\n__complete|thing|move|\n")
        try stage.answer(":files\n")
        #expect(try await complete().contains("\nfiles\n"))
    }

    @Test func fishCompletes() async throws {
        let stage = try Stage(shell: .fish)
        func complete() async throws -> String {
            try await CommandLineKitTests.shell(
                """
                cd '\(stage.directory.path)'; export PATH="$PWD:$PATH"; touch thing-file
                fish --no-execute script && fish --no-config -c 'source script; complete -C "example thing move "'
                cat asked
                """)
        }
        try stage.answer("alpha\tthe first\nbeta:1\twith a colon\n")
        #expect(try await complete() == "alpha\tthe first\nbeta:1\twith a colon\n__complete|thing|move|\n")
        try stage.answer(":files\n")
        #expect(try await complete().contains("thing-file"))
    }
}

/// A directory with a completion script and a program that records what it is asked.
private struct Stage {
    let directory: TemporaryDirectory

    init(shell: Shell) throws {
        directory = try TemporaryDirectory()
        try Data(shell.completionScript(for: "example").utf8).write(to: URL(filePath: directory.file("script")))
        let program = #"""
            #!/bin/sh
            here=$(dirname "$0")
            { for word; do printf '%s|' "$word"; done | sed 's/|$//'; echo; } > "$here/asked"
            cat "$here/answer"
            """#
        try Data((program + "\n").utf8).write(to: URL(filePath: directory.file("example")))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.file("example"))
    }

    func answer(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: directory.file("answer")))
    }
}

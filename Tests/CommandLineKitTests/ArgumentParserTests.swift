import CommandLineKit
import Testing

@Suite struct ArgumentParserTests {
    @Test(arguments: [
        (["thing", "move", "a"], "a force=false speed=slow count=- tags=[] server=- quiet=false"),
        (["thing", "move", "--force", "a", "-q"], "a force=true speed=slow count=- tags=[] server=- quiet=true"),
        (["thing", "move", "a", "--speed=fast"], "a force=false speed=fast count=- tags=[] server=- quiet=false"),
        (["thing", "move", "a", "-sfast"], "a force=false speed=fast count=- tags=[] server=- quiet=false"),
        (["thing", "move", "-fqn3", "a"], "a force=true speed=slow count=3 tags=[] server=- quiet=true"),
        (["thing", "move", "-n", "-3", "a"], "a force=false speed=slow count=-3 tags=[] server=- quiet=false"),
        (
            ["--server", "x", "thing", "--quiet", "move", "a"],
            "a force=false speed=slow count=- tags=[] server=x quiet=true"
        ),
        (
            ["thing", "move", "a", "--server", "x=y", "--tag", "1", "--tag="],
            #"a force=false speed=slow count=- tags=["1", ""] server=x=y quiet=false"#
        ),
        (["thing", "move", "--", "-f"], "-f force=false speed=slow count=- tags=[] server=- quiet=false"),
        (["thing", "move", "-"], "- force=false speed=slow count=- tags=[] server=- quiet=false"),
        (["thing", "move", "move"], "move force=false speed=slow count=- tags=[] server=- quiet=false"),
    ])
    func wordsReachTheirArguments(_ words: [String], _ expected: String) async {
        let outcome = await run(words)
        #expect(outcome.reports == [expected])
        #expect(outcome.code == .success)
        #expect(outcome.error == "")
    }

    @Test func repeatedPositionalsAndTheActionsExitCode() async {
        let outcome = await run("thing", "pack", "a", "--into", "box", "b")
        #expect(outcome.reports == [#"["a", "b"] into box at -"#])
        #expect(outcome.code == .changesPending)
    }

    @Test func aCommandsOwnVersionOptionComesFirst() async {
        let outcome = await run("thing", "pack", "a", "--into", "box", "--version", "7")
        #expect(outcome.reports == [#"["a"] into box at 7"#])
    }

    @Test(arguments: [
        (["think"], "unknown command 'think'; did you mean 'thing'?"),
        (["zzzzzz"], "unknown command 'zzzzzz'; known here: completion, thing"),
        (["thing"], "say what to do: move, pack"),
        (["thing", "move"], "'TARGET' is missing: What to move"),
        (["thing", "move", "a", "b"], "'b' is one word too many"),
        (["thing", "move", "a", "--sped", "fast"], "unknown option '--sped'; did you mean '--speed'?"),
        (["thing", "move", "a", "-x"], "unknown option '-x'"),
        (["thing", "move", "a", "--speed"], "'--speed SPEED' needs a value"),
        (["thing", "move", "a", "--speed", "fats"], "expected one of slow, fast, got 'fats'; did you mean 'fast'?"),
        (["thing", "move", "a", "-n", "many"], "'--count N': expected a whole number, got 'many'"),
        (["thing", "move", "a", "-n1", "-n2"], "'--count N' was given twice"),
        (["thing", "move", "a", "--force=yes"], "'--force' takes no value"),
        (["thing", "pack", "a"], "'--into DIRECTORY' is missing: Where to put them"),
        (["thing", "pack", "--into", "x"], "'PART' is missing: Which parts"),
    ])
    func mistakesAreNamed(_ words: [String], _ message: String) async {
        let outcome = await run(words)
        #expect(outcome.code == .usage)
        #expect(outcome.reports.isEmpty)
        #expect(outcome.output == "")
        #expect(outcome.error.hasPrefix("example: "))
        #expect(outcome.error.contains(message), "\(outcome.error)")
        #expect(outcome.error.contains("--help'"))
    }

    @Test func theEnvironmentStandsInForAnAbsentOption() async {
        let environment = ["EXAMPLE_SERVER": "from-environment"]
        let absent = await run("thing", "move", "a", environment: environment)
        #expect(absent.reports.first?.contains("server=from-environment") == true)
        let given = await run("thing", "move", "a", "--server", "given", environment: environment)
        #expect(given.reports.first?.contains("server=given") == true)
    }

    @Test func helpAndVersionAreFoundAnywhere() async {
        #expect(await run("--version") == Outcome(code: .success, output: "example 1.2.3\n"))
        #expect(await run("thing", "move", "--version").output == "example 1.2.3\n")
        // Help is given even though a word is missing.
        #expect(await run("thing", "move", "--help").code == .success)
        #expect(await run("thing", "-h").output == run("thing", "--help").output)
        // Nothing at all is a mistake, answered with help.
        let nothing = await run()
        #expect(nothing.code == .usage)
        #expect(nothing.error == (await run("--help")).output)
    }
}

extension Command {
    /// The verb `completion bash|zsh|fish` of a program.
    public static func completion(for program: String) -> Command {
        let shell = Argument<Shell>.positional("SHELL", "The shell to complete in")
        return Command(
            "completion", "Print the script that completes commands in a shell",
            arguments: [shell.specification],
            examples: [
                Example("source <(\(program) completion bash)", "in the running Bash, or as a line of ~/.bashrc"),
                Example("\(program) completion fish > ~/.config/fish/completions/\(program).fish", "in every fish"),
            ]
        ) { arguments, console in
            console.output.write(try arguments(shell).completionScript(for: program))
            return .success
        }
    }
}

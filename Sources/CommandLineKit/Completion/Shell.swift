/// The shells that completion is made for. Their scripts only pass the line on to `Completer`.
public enum Shell: String, CaseIterable, ArgumentValue {
    case bash, zsh, fish

    /// A script to be loaded by the shell.
    public func completionScript(for program: String) -> String {
        let function = "_" + program.replacing("-", with: "_")
        return switch self {
        case .bash: Self.bashScript(program, function)
        case .zsh: Self.zshScript(program, function)
        case .fish: Self.fishScript(program, function)
        }
    }

    // Bash cuts words at ':' and '=' as well; the line is cut here at blanks alone, and what Bash takes for done
    // is taken off the candidates.
    private static func bashScript(_ program: String, _ function: String) -> String {
        """
        # bash completion for \(program); load with: source <(\(program) completion bash)
        \(function)() {
            local line=${COMP_LINE:0:COMP_POINT} candidate
            local -a words
            read -ra words <<<"$line"
            [[ $line == *[[:blank:]] ]] && words+=("")
            local current=${words[-1]}
            local done=${current%"${current##*[:=]}"}
            COMPREPLY=()
            while IFS= read -r candidate; do
                if [[ $candidate == \(Completer.fileDirective) ]]; then
                    compopt -o default
                    return
                fi
                candidate=${candidate%%$'\\t'*}
                COMPREPLY+=("${candidate#"$done"}")
            done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
        }
        complete -F \(function) \(program)

        """
    }

    private static func zshScript(_ program: String, _ function: String) -> String {
        """
        #compdef \(program)
        # zsh completion for \(program); load with: source <(\(program) completion zsh)
        \(function)() {
            local line
            local -a candidates
            for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
                if [[ $line == \(Completer.fileDirective) ]]; then
                    _files
                    return
                fi
                [[ -n $line ]] || continue
                line=${line//:/\\\\:}
                candidates+=("${line/$'\\t'/:}")
            done
            _describe '\(program)' candidates
        }
        if [[ $funcstack[1] == \(function) ]]; then
            \(function) "$@"
        else
            compdef \(function) \(program)
        fi

        """
    }

    private static func fishScript(_ program: String, _ function: String) -> String {
        """
        # fish completion for \(program); load with: \(program) completion fish | source
        function \(function)
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l candidates ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
            if contains -- \(Completer.fileDirective) $candidates
                __fish_complete_path "$current"
            else
                printf '%s\\n' $candidates
            end
        end
        complete -c \(program) -f -a '(\(function))'

        """
    }
}

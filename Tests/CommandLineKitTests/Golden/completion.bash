# bash completion for example; load with: source <(example completion bash)
_example() {
    local line=${COMP_LINE:0:COMP_POINT} candidate
    local -a words
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    local current=${words[-1]}
    local done=${current%"${current##*[:=]}"}
    COMPREPLY=()
    while IFS= read -r candidate; do
        if [[ $candidate == :files ]]; then
            compopt -o default
            return
        fi
        candidate=${candidate%%$'\t'*}
        COMPREPLY+=("${candidate#"$done"}")
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
}
complete -F _example example

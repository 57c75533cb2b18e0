#compdef example
# zsh completion for example; load with: source <(example completion zsh)
_example() {
    local line
    local -a candidates
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == :files ]]; then
            _files
            return
        fi
        [[ -n $line ]] || continue
        line=${line//:/\\:}
        candidates+=("${line/$'\t'/:}")
    done
    _describe 'example' candidates
}
if [[ $funcstack[1] == _example ]]; then
    _example "$@"
else
    compdef _example example
fi

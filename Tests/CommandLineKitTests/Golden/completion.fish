# fish completion for example; load with: example completion fish | source
function _example
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l candidates ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    if contains -- :files $candidates
        __fish_complete_path "$current"
    else
        printf '%s\n' $candidates
    end
end
complete -c example -f -a '(_example)'

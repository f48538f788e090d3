/** Completion scripts by shell. They offer what `__complete` prints, and call the program by the name or path typed. */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = {
  bash: shell`# bash completion for claude-transcripts
_claude_transcripts() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line at word paths=
  local -a values=() notes=()
  [[ $current == = ]] && current=
  while IFS= read -r line; do
    case $line in
      :dirs | :files)
        paths=1
        [[ $line == :dirs ]] && at=-d || at=-f
        while IFS= read -r line; do
          values+=("$line")
          notes+=("")
        done < <(compgen $at -- "$current")
        ;;
      *$'\t'*)
        values+=("\${line%%$'\t'*}")
        notes+=("\${line#*$'\t'}")
        ;;
      ?*)
        values+=("$line")
        notes+=("")
        ;;
    esac
  done < <("\${COMP_WORDS[0]/#\~/$HOME}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  # Readline quotes file names itself, but older shells have no compopt.
  [[ $paths ]] && compopt -o filenames 2>/dev/null || paths=
  for at in "\${!values[@]}"; do
    word=\${values[at]}
    [[ $paths ]] || printf -v word '%q' "$word"
    # Among several values, each is shown with its meaning, which is not inserted because the values differ before it.
    if ((\${#values[@]} > 1)) && [[ \${notes[at]} && $COMP_TYPE != 37 && $COMP_TYPE != 42 ]]; then
      word+="  (\${notes[at]})"
    fi
    COMPREPLY+=("$word")
  done
}
complete -o nosort -F _claude_transcripts claude-transcripts 2>/dev/null ||
  complete -F _claude_transcripts claude-transcripts
`,
  zsh: shell`#compdef claude-transcripts
compdef _claude_transcripts claude-transcripts

_claude_transcripts() {
  local line value
  local -a offers
  local dirs= files=
  for line in "\${(@f)$(\${(Q)words[1]} __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :dirs) dirs=1 ;;
      :files) files=1 ;;
      ?*)
        value=\${line%%$'\t'*}
        value=\${value//\\/\\\\}
        value=\${value//:/\\:}
        if [[ $line == *$'\t'* ]]; then
          value+=":\${line#*$'\t'}"
        fi
        offers+=("$value")
        ;;
    esac
  done
  (( \${#offers} )) && _describe -V 'claude-transcripts' offers
  [[ -n $dirs ]] && _files -/
  [[ -n $files ]] && _files
  return 0
}

# When sourced, it only registers itself; from $fpath, its first call is already a completion.
if [ "$funcstack[1]" = "_claude_transcripts" ]; then
  _claude_transcripts
fi
`,
  fish: shell`# fish completion for claude-transcripts
function __claude_transcripts_complete
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    for line in (command $program __complete $words "$current" 2>/dev/null)
        switch $line
            case ':dirs'
                __fish_complete_directories "$current"
            case ':files'
                __fish_complete_path "$current"
            case '*'
                echo $line
        end
    end
end
complete -c claude-transcripts -f -k -a '(__claude_transcripts_complete)'
`,
};

/** Returns the raw text, with `\${` replaced by the `${` of a shell. */
function shell({ raw }: TemplateStringsArray): string {
  return raw.join("").replaceAll("\\${", "${");
}

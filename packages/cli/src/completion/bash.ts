import type { CommandWords, Grammar } from './grammar.js';

/** A completion script for bash 4 and newer. */
export function bashCompletion(grammar: Grammar): string {
  const { program } = grammar;
  return `# ${program} completion bash
${completionFunction(grammar, [])}
  [[ \${#COMPREPLY[@]} == 1 && $COMPREPLY == *= ]] && compopt -o nospace
  return 0
}
complete -o default -F _${program} ${program}
`;
}

/** The same for zsh, which understands bash's way when asked to; it has no compopt. */
export function zshCompletion(grammar: Grammar): string {
  const { program } = grammar;
  return `#compdef ${program}
# ${program} completion zsh
(( $+functions[compdef] )) || { autoload -U compinit && compinit }
autoload -U bashcompinit && bashcompinit
${completionFunction(grammar, [`    [[ $word == *= ]] || word+=' '`])}
}
complete -o nospace -o default -F _${program} ${program}
`;
}

/** The function up to where COMPREPLY is filled. A word goes through `finish` first. */
function completionFunction({ program, commands }: Grammar, finish: readonly string[]): string {
  return `_${program}() {
${FIND_WORD}
  if ((at == 1)); then
    words='${[...commands.map(({ name }) => name), '--help', '--version'].join(' ')}'
  else
    case "\${COMP_WORDS[1]} $option" in
${commands.flatMap(cases).join('\n')}
    esac
  fi
${[START_REPLY, ...finish, END_REPLY].join('\n')}`;
}

/** What may follow an option of a command, and what may follow anything else. */
function cases({ name, options, words }: CommandWords): string[] {
  const valued = options.filter(({ takesValue }) => takesValue);
  const known = valued.filter((option) => option.words !== undefined);
  const free = valued.filter((option) => option.words === undefined);
  const names = options.map((option) => option.name);
  const rest =
    words === undefined
      ? `[[ $whole == -* ]] && words='${names.join(' ')}'`
      : `words='${[...words, ...names].join(' ')}'`;
  return [
    ...known.map((option) => `      '${name} ${option.name}') words='${option.words?.join(' ')}' ;;`),
    ...(free.length === 0
      ? []
      : [`      ${free.map((option) => `'${name} ${option.name}'`).join(' | ')}) ;;`]),
    `      '${name} '*) ${rest} ;;`,
  ];
}

const FIND_WORD = `  # bash splits words at "=" too: whole is the one under the cursor, put together again.
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} at=$COMP_CWORD
  local whole=$cur
  while ((at > 1)) && [[ $whole == =* || \${COMP_WORDS[at - 1]} == = ]]; do
    at=$((at - 1))
    whole=\${COMP_WORDS[at]}$whole
  done
  [[ $cur == = ]] && cur=

  local option=\${COMP_WORDS[at - 1]} given= words=
  if [[ $whole == --*=* ]]; then
    option=\${whole%%=*} given=\${whole%%=*}=
  fi`;

const START_REPLY = `
  # What bash has split off stays as it is.
  local kept=\${whole%"$cur"} word
  COMPREPLY=()
  for word in $words; do
    word=$given$word
    [[ $word == "$whole"* && $word != "$kept" ]] || continue`;

const END_REPLY = `    COMPREPLY+=("\${word#"$kept"}")
  done`;

import type { CommandWords, Grammar } from './grammar.js';

/** A completion script for fish. */
export function fishCompletion({ program, commands }: Grammar): string {
  const lines = commands.flatMap((command) => [
    ['-n __fish_use_subcommand', '-f', `-a ${quote(command.name)}`, `-d ${quote(command.summary)}`],
    ...commandLines(command),
  ]);
  const script = lines.map((line) => `complete -c ${program} ${line.join(' ')}\n`).join('');
  return `# ${program} completion fish\n${script}`;
}

function commandLines({ name, options, words }: CommandWords): string[][] {
  const inCommand = `-n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
  const taken = words === undefined ? [] : [[inCommand, '-f', `-a ${quote(words.join(' '))}`]];
  const optionLines = options.map(({ name: long, summary, takesValue, words: values }) => [
    inCommand,
    `-l ${long.replace(/^--/, '')}`,
    `-d ${quote(summary)}`,
    ...(takesValue ? [values === undefined ? '-r' : `-x -a ${quote(values.join(' '))}`] : []),
  ]);
  return [...taken, ...optionLines];
}

/** fish takes a backslash and a quote in single quotes alone. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

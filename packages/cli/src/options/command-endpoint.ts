import { UsageError } from '../usage-error.js';

/**
 * Makes one argument of each `[ COMMAND ARGUMENTS ]`, whatever the options in it are. No argument that a shell passes
 * begins like it.
 */
export function foldCommands(args: readonly string[]): string[] {
  const folded: string[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg !== '[') {
      folded.push(arg);
      continue;
    }
    const end = args.indexOf(']', at);
    if (end < 0)
      throw new UsageError('There is a "[" without its "]": write [ COMMAND ARGUMENTS ], with spaces.');
    if (end === at + 1) throw new UsageError('There is no command between "[" and "]".');
    folded.push(`${MARK}${JSON.stringify(args.slice(at + 1, end))}`);
    at = end;
  }
  return folded;
}

/** The command that an endpoint stands for, if it does. */
export function commandOf(endpoint: string): readonly string[] | undefined {
  return endpoint.startsWith(MARK) ? (JSON.parse(endpoint.slice(MARK.length)) as string[]) : undefined;
}

const MARK = '\0command ';

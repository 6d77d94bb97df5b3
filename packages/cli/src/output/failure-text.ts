import type { Problem } from '@blockferry/migrate';
import type { Failure } from '../exit-status.js';
import { problemList } from './plan-text.js';
import { printable } from './printable.js';
import type { Sink } from './sink.js';

/** Tells on stderr why a command failed, with every problem where there are several. */
export function tellFailure(stderr: Sink, failure: Failure, problems: readonly Problem[] = []): void {
  const label =
    failure.code === 'ABORTED' ? stderr.colors.yellow('interrupted:') : stderr.colors.red('error:');
  const { code, message } = failure;
  // Of a refusal the problems say everything: it happened nowhere yet.
  stderr.put(`${label} ${failureText(problems.length > 0 ? { code, message } : failure)}\n`);
  if (problems.length > 1) {
    stderr.put(problemList(problems, { colors: stderr.colors, width: stderr.columns }));
  }
  if (problems.length > 0) stderr.put('Nothing was changed.\n');
}

/** What went wrong, where, and the code to look up: one line. What the message says already is not repeated. */
export function failureText({ code, message, side, phase, disk, offset, length }: Failure): string {
  const range = length === undefined ? `offset ${offset}` : `offset ${offset} (${length} bytes)`;
  const facts: [said: string | undefined, text: string][] = [
    [side, `on the ${side}`],
    [disk, `disk ${disk}`],
    [phase, `in ${phase}`],
    [offset === undefined ? undefined : String(offset), `at ${range}`],
  ];
  const missing = facts
    .filter(([said]) => said !== undefined && !message.includes(said))
    .map(([, text]) => text);
  const where = missing.length === 0 ? '' : ` (${missing.join(', ')})`;
  return printable(`${message.replace(/\.$/, '')}${where} [${code}]`);
}

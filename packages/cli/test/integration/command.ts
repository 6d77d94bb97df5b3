import { Blockferry } from '../support/blockferry.js';

/** An event line of `--json`. */
export interface EventLine {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface CommandResult {
  readonly exit: number | null;
  readonly events: readonly EventLine[];
  /** The last event, when it is the result. */
  readonly result: EventLine | undefined;
  readonly stderr: string;
}

/**
 * Runs `blockferry ARGS --json` as a shell would, and tells its events as they come. `onEvent` may send a signal.
 *
 * @param prefix what the command begins with, to run on another host of the lab
 */
export async function blockferry(
  args: readonly string[],
  onEvent: (event: EventLine, signal: (name: NodeJS.Signals) => void) => void = () => {},
  prefix: readonly string[] = [],
): Promise<CommandResult> {
  await using running = new Blockferry([...args, '--json'], {}, prefix);
  const events: EventLine[] = [];
  for await (const line of running.lines()) {
    const event = JSON.parse(line) as EventLine;
    events.push(event);
    onEvent(event, (name) => running.signal(name));
  }
  const { status: exit, stderr } = await running.done;
  const last = events.at(-1);
  return { exit, events, result: last?.type === 'result' ? last : undefined, stderr };
}

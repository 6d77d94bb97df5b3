import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/blockferry.js', import.meta.url));

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
 */
export async function blockferry(
  args: readonly string[],
  onEvent: (event: EventLine, signal: (name: NodeJS.Signals) => void) => void = () => {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [BIN, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const events: EventLine[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code));
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as EventLine;
    events.push(event);
    onEvent(event, (name) => child.kill(name));
  }
  const exit = await exited;
  const last = events.at(-1);
  return { exit, events, result: last?.type === 'result' ? last : undefined, stderr };
}

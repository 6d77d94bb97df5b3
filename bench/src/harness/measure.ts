import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SYSTEM_PYTHON } from '@blockferry/lab';
import type { Sample } from './scenario.js';

/** What a program took. */
export interface Measured {
  /** For a run: seconds of `wall`, `cpu` and `serverCpu`, bytes of `memory`. */
  readonly sample: Sample;
  /** The end of what it printed. */
  readonly output: string;
}

export interface MeasureOptions {
  /** Processes whose CPU time meanwhile is told as `serverCpu`. */
  readonly servers?: readonly number[];
  /** Ends the program. */
  readonly signal?: AbortSignal;
  /** After so many milliseconds the program is ended. @default 600000 */
  readonly timeoutMs?: number;
}

/** Runs a program to its end; rejects, with its output, unless that is exit status 0. */
export async function measure(command: readonly string[], options: MeasureOptions = {}): Promise<Measured> {
  const { servers = [], signal, timeoutMs = 600_000 } = options;
  signal?.throwIfAborted();
  const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  // It ends the program before itself, also when this process dies.
  const python = ['--pdeathsig', 'TERM', SYSTEM_PYTHON, '-I', '-S', PROGRAM];
  const child = spawn('setpriv', [...python, servers.join(','), ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal: limit,
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  try {
    await once(child, 'close');
  } catch (cause) {
    // Aborted: the copier has gone when its watcher has.
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    signal?.throwIfAborted();
    throw new Error(`${command.join(' ')}: ${limit.aborted ? `not within ${timeoutMs} ms` : 'not run'}`, {
      cause,
    });
  }
  if (text === '') throw new Error(`${command.join(' ')}: it could not be started`);
  const told = JSON.parse(text) as Told;
  if (told.status !== 0) {
    throw new Error(`${command.join(' ')}: exit status ${told.status}\n${told.output}`);
  }
  const { wallNs, cpuNs, serverCpuNs, peakBytes, output } = told;
  const servedBy = servers.length > 0 ? { serverCpu: serverCpuNs / 1e9 } : {};
  return { sample: { wall: wallNs / 1e9, cpu: cpuNs / 1e9, ...servedBy, memory: peakBytes }, output };
}

/** What the program prints. */
interface Told {
  readonly wallNs: number;
  readonly cpuNs: number;
  readonly serverCpuNs: number;
  readonly peakBytes: number;
  /** Negative: the signal that ended it. */
  readonly status: number;
  readonly output: string;
}

const PROGRAM = fileURLToPath(new URL('../../programs/measure.py', import.meta.url));

import { Sink, type SinkStream } from './output/sink.js';

/** What a command is run in: streams, environment, signals. Tests run commands in one of their own. */
export interface Shell {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signals: SignalSource;
  /** Ends the process at once. */
  readonly exitNow: (status: number) => void;
}

export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** The shell of this process. */
export function processShell(): Shell {
  return {
    stdout: new Sink(process.stdout as SinkStream, process.env),
    stderr: new Sink(process.stderr as SinkStream, process.env),
    env: process.env,
    signals: process,
    exitNow: (status) => process.exit(status),
  };
}

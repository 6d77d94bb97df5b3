/** What a number of a sample means. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly unit: Unit;
  /** Which way a ratio ours / peer is to go. @default 'less' */
  readonly better?: 'less' | 'more';
  /** Whether the report sets ours against the peers'. @default true */
  readonly compared?: boolean;
}

/** Seconds, thousandths, ... of them; bytes; bytes a second; or a plain count. */
export type Unit = 's' | 'ms' | 'µs' | 'ns' | 'bytes' | 'bytes/s' | '';

export const WALL: Metric = { key: 'wall', label: 'wall', unit: 's' };
export const CPU: Metric = { key: 'cpu', label: 'CPU', unit: 's' };
export const SERVER_CPU: Metric = {
  key: 'serverCpu',
  label: 'CPU of the servers',
  unit: 's',
  compared: false,
};
export const MEMORY: Metric = { key: 'memory', label: 'peak memory', unit: 'bytes', compared: false };

/** What `measure` tells of a program. */
export const PROGRAM_METRICS: readonly Metric[] = [WALL, CPU, SERVER_CPU, MEMORY];

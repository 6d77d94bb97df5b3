import type { Phase } from './phase.js';
import type { MigrationResult } from './result.js';

/** What a migration tells while it runs; the command's `--json` prints the same objects, one a line. */
export type MigrationEvent = PhaseEvent | RoundEvent | ProgressEvent | LogEvent | ResultEvent;

/** A phase begins. Each is announced once, in order. */
export interface PhaseEvent {
  readonly type: 'phase';
  readonly phase: Phase;
}

/** A pass over what had become dirty is done on one disk. */
export interface RoundEvent {
  readonly type: 'round';
  readonly disk: string;
  /** From 1. */
  readonly round: number;
  /** Dirty bytes that it covered. */
  readonly bytes: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** How far one disk is in the pass that runs; at most ten a second for a disk. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly disk: string;
  readonly phase: Phase;
  /** 0 in the bulk. */
  readonly round: number;
  /** Bytes of the pass that are acknowledged. */
  readonly bytesDone: number;
  /** Bytes of the pass that are not; in a round of those known so far. */
  readonly bytesLeft: number;
  /** Measured over the last tenth of a second. */
  readonly bytesPerSecond: number;
}

/** Something a person may want to know. */
export interface LogEvent {
  readonly type: 'log';
  readonly level: 'info' | 'warning';
  readonly message: string;
}

/** The last event. */
export type ResultEvent = { readonly type: 'result' } & MigrationResult;

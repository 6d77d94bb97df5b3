/** What one side's monitor says after a hand-over that did not end well. */
export type SideState =
  | { readonly answers: true; readonly status: string; readonly running: boolean; readonly stream: string }
  | { readonly answers: false; readonly gone: boolean };

/**
 * Where the guest is: `source` only where the source's QEMU has given the stream up and nothing can run on the
 * destination. Everything else is for a person to look at.
 *
 * A destination without an answer may have loaded the guest, and start it as soon as it can.
 */
export function handOverOutcome(source: SideState, destination: SideState): 'source' | 'uncertain' {
  if (!source.answers || !GIVEN_UP.has(source.stream) || NOT_BACK.has(source.status)) return 'uncertain';
  if (!destination.answers) return destination.gone ? 'source' : 'uncertain';
  return destination.running || destination.stream === 'completed' ? 'uncertain' : 'source';
}

/** The state of a side in a sentence. */
export function describeSide(state: SideState): string {
  if (state.answers) return `is ${state.status} (stream: ${state.stream})`;
  return state.gone ? 'has ended' : 'does not answer';
}

const GIVEN_UP: ReadonlySet<string> = new Set(['failed', 'cancelled']);
/** Statuses of a guest that is not the source's, or not yet again. */
const NOT_BACK: ReadonlySet<string> = new Set(['postmigrate', 'finish-migrate']);

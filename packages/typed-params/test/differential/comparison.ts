import { inspect } from 'node:util';
import type { Libvirt } from './libvirt.js';
import { ourAnswers } from './ours.js';
import { hex, readable, type Sequence, type Step } from './step.js';
import { isTolerated } from './tolerated.js';

/** Where the two answers to a sequence part: its last step is the one. */
export interface Mismatch {
  readonly sequence: Sequence;
  readonly libvirt: string;
  readonly ours: string;
}

/** Puts the sequences to both; undefined for each on which they agree. */
export async function compare(
  libvirt: Libvirt,
  sequences: readonly Sequence[],
): Promise<(Mismatch | undefined)[]> {
  const asked = libvirt.answers(sequences);
  const ours = sequences.map(ourAnswers);
  const theirs = await asked;
  return sequences.map((sequence, i) => firstMismatch(sequence, theirs[i] ?? [], ours[i] ?? []));
}

/** The same mismatch with no step too many. */
export async function shrink(libvirt: Libvirt, mismatch: Mismatch): Promise<Mismatch> {
  let smallest = mismatch;
  for (let i = mismatch.sequence.length - 2; i >= 0; i--) {
    const [found] = await compare(libvirt, [smallest.sequence.toSpliced(i, 1)]);
    if (found !== undefined) smallest = found;
  }
  return smallest;
}

/** A mismatch for people to read: the calls in order, then what came of the last one. */
export function describeMismatch({ sequence, libvirt, ours }: Mismatch): string {
  return [...sequence.map(describeStep), `libvirt: ${readable(libvirt)}`, `ours:    ${readable(ours)}`].join(
    '\n',
  );
}

function describeStep(step: Step): string {
  const shown = step.call === 'fromXdr' ? { ...step, bytes: hex(step.bytes) } : step;
  return inspect(shown, { breakLength: 160, maxStringLength: null, depth: null });
}

function firstMismatch(
  sequence: Sequence,
  theirs: readonly string[],
  ours: readonly string[],
): Mismatch | undefined {
  for (const [i, step] of sequence.entries()) {
    const [libvirt = '', our = ''] = [theirs[i], ours[i]];
    if (libvirt !== our && !isTolerated(step, libvirt, our)) {
      return { sequence: sequence.slice(0, i + 1), libvirt, ours: our };
    }
  }
  return undefined;
}

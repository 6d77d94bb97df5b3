import { readFileSync } from 'node:fs';

/** Some bytes that one side sent, as text. */
export interface Turn {
  readonly from: 'client' | 'qemu';
  readonly text: string;
}

/** A recording of a real QEMU's monitor; `record-transcripts.mjs` makes them. */
export function readTranscript(side: 'source' | 'destination'): Turn[] {
  const text = readFileSync(new URL(`../fixtures/${side}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Turn);
}

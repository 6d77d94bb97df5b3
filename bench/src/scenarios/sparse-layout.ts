import type { Range } from '../harness/data.js';
import { randomNumbers } from '../harness/random.js';

/** Runs of 64 KiB to 1 MiB, `part` of an image of `size` bytes altogether; others with another seed. */
export function sparseRuns(size: number, part: number, seed: number): Range[] {
  const random = randomNumbers(seed);
  const granules = (most: number): number => 1 + Math.floor(random() * most);
  // As many as the run's on average, times what is left out for each that is taken.
  const longestGap = Math.round(LONGEST_RUN * (1 / part - 1));
  const runs: Range[] = [];
  for (let at = granules(longestGap); ; at += granules(longestGap)) {
    const length = granules(LONGEST_RUN);
    if ((at + length) * GRANULE > size) return runs;
    runs.push({ offset: at * GRANULE, length: length * GRANULE });
    at += length;
  }
}

/** As many runs of one length at even distances as `allocated` bytes take. */
export function evenRuns(size: number, allocated: number): Range[] {
  const count = Math.floor(allocated / EVEN_RUN);
  const distance = Math.floor(size / count / EVEN_RUN) * EVEN_RUN;
  return Array.from({ length: count }, (_, index) => ({ offset: index * distance, length: EVEN_RUN }));
}

const GRANULE = 64 * 1024;
/** In granules: 1 MiB. */
const LONGEST_RUN = 16;
const EVEN_RUN = 1 << 20;

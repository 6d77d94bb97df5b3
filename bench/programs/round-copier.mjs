// Copies ranges from one NBD export to another as a round of a dirty bitmap: round-copier.mjs SOURCE DESTINATION RANGES
//
// RANGES is a file with a line `OFFSET LENGTH` for each. Prints the seconds of the round, whose end is a flush.
import { readFileSync } from 'node:fs';
import { DirtyBitmap, openCopier } from '@blockferry/nbd';

const [source, destination, ranges] = process.argv.slice(2);
const copier = await openCopier(source, destination);
const bitmap = new DirtyBitmap(copier.size, 4096);
for (const line of readFileSync(ranges, 'utf8').split('\n')) {
  const [offset, length] = line.split(' ').map(Number);
  if (length > 0) bitmap.mark(offset, length);
}
const began = performance.now();
await copier.round(bitmap);
console.log((performance.now() - began) / 1000);
await copier.close();

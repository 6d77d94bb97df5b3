// @ts-check
// Copies a disk and tells how far it is: node copy-with-progress.mjs SOURCE DESTINATION
// Either may be an NBD URI (nbd://host:port/export, nbd+unix:///export?socket=PATH), a file or a block device.
import { copy, NbdError } from '@blockferry/nbd';

const [source, destination] = process.argv.slice(2);
if (source === undefined || destination === undefined) {
  console.error('usage: node copy-with-progress.mjs SOURCE DESTINATION');
  process.exit(2);
}

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

const job = copy(source, destination, { signal: interrupted.signal });
try {
  for await (const event of job.events()) {
    if (event.type !== 'progress') continue;
    const { bytesDone, bytesLeft, bytesPerSecond } = event;
    const percent = Math.floor((100 * bytesDone) / Math.max(1, bytesDone + bytesLeft));
    console.error(`${percent} %, ${Math.round(bytesPerSecond / 1e6)} MB/s`);
  }
  const { bytesMoved, bytesZeroed, bytesSkipped } = await job.done;
  console.log(`${bytesMoved} bytes moved, ${bytesZeroed} zeroed, ${bytesSkipped} left out as holes`);
} catch (error) {
  if (!NbdError.is(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}

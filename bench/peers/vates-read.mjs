// Reads an export from its beginning to its end with @vates/nbd-client: vates-read.mjs PORT BLOCK_SIZE IN_FLIGHT
import NbdClient from '@vates/nbd-client';

const [port, blockSize, inFlight] = process.argv.slice(2).map(Number);
const client = new NbdClient({ address: '127.0.0.1', port });
await client.connect();
const size = Number(client.exportSize);
const blocks = Math.ceil(size / blockSize);
let next = 0;
let bytes = 0;

await Promise.all(Array.from({ length: inFlight }, readOn));
await client.disconnect();
if (bytes !== size) throw new Error(`${bytes} bytes of ${size}`);

async function readOn() {
  while (next < blocks) {
    const block = await client.readBlock(next++, blockSize);
    bytes += block.length;
  }
}

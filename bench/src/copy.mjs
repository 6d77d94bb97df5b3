// Times whole copies between two NBD servers, tool by tool in turn, and checks each one.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { nbdkit, qemuNbd, Scratch, sha256 } from '@blockferry/lab';

const { values } = parseArgs({
  options: { size: { type: 'string', default: '1024' }, runs: { type: 'string', default: '5' } },
});
const sizeMiB = Number(values.size);
const runs = Number(values.runs);
const bin = fileURLToPath(new URL('../../packages/cli/bin/blockferry.js', import.meta.url));

const TOOLS = {
  blockferry: (from, to) => [process.execPath, bin, 'copy', '--quiet', from, to],
  nbdcopy: (from, to) => ['nbdcopy', '--flush', from, to],
  'qemu-img': (from, to) => [
    'qemu-img',
    'convert',
    '-n',
    '-W',
    '-m',
    '16',
    '-f',
    'raw',
    '-O',
    'raw',
    from,
    to,
  ],
};
const SERVERS = {
  'qemu-nbd': (image) => qemuNbd(image),
  nbdkit: (image) => nbdkit('file', image),
};

const scratch = new Scratch();
const source = scratch.join('source.raw');
const destination = scratch.join('destination.raw');
await writeRandom(source);
await writeRandom(destination);
const wanted = await sha256(source);

console.log(`${sizeMiB} MiB of random data, ${runs} runs each in turn, medians; ratios to nbdcopy\n`);
console.log(
  '| servers | tool | wall | CPU of the tool | wall ratio | CPU ratio |\n| --- | --- | --- | --- | --- | --- |',
);
for (const [name, serve] of Object.entries(SERVERS)) {
  const times = Object.fromEntries(Object.keys(TOOLS).map((tool) => [tool, { wall: [], cpu: [] }]));
  for (let run = 0; run < runs; run++) {
    for (const [tool, command] of Object.entries(TOOLS)) {
      const from = await serve(source);
      const to = await serve(destination);
      const { wall, cpu } = await time(command(from.uri, to.uri));
      await Promise.all([from, to].map((peer) => peer[Symbol.asyncDispose]()));
      times[tool].wall.push(wall);
      times[tool].cpu.push(cpu);
      if ((await sha256(destination)) !== wanted) throw new Error(`${tool}: the copy differs`);
      // Every tool finds the same: an allocated destination with other contents.
      await truncate(destination, 0);
      await writeRandom(destination);
    }
  }
  const base = { wall: median(times.nbdcopy.wall), cpu: median(times.nbdcopy.cpu) };
  for (const [tool, { wall, cpu }] of Object.entries(times)) {
    const [w, c] = [median(wall), median(cpu)];
    const ratios = `${(w / base.wall).toFixed(2)} | ${(c / base.cpu).toFixed(2)}`;
    console.log(`| ${name} | ${tool} | ${w.toFixed(2)} s | ${c.toFixed(2)} s | ${ratios} |`);
  }
}
await scratch[Symbol.asyncDispose]();

async function writeRandom(path) {
  const file = createWriteStream(path);
  for (let done = 0; done < sizeMiB; done += 16) {
    if (!file.write(randomBytes(Math.min(16, sizeMiB - done) << 20))) {
      await new Promise((resolve) => file.once('drain', resolve));
    }
  }
  await new Promise((resolve) => file.end(resolve));
}

/** Wall and CPU seconds of a program: the CPU is what the shell's `time` says of it. */
function time(command) {
  const began = performance.now();
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('bash', ['-c', `TIMEFORMAT='%U %S'; time ${quoted} >/dev/null 2>&1`], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status !== 0) return reject(new Error(`${command[0]} failed with ${status}`));
      const [user, system] = output.trim().split(' ').map(Number);
      resolve({ wall: (performance.now() - began) / 1000, cpu: user + system });
    });
  });
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { truncate, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { nbdkit, requires, Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { Blockferry, blockferry } from '../support/blockferry.js';
import { MIB } from '../support/images.js';

const lab = requires('nbdkit');
const MAIN = new URL('../../dist/main.js', import.meta.url).href;

/** The most memory that a command ever had, in bytes. */
async function peakMemory(...args: string[]): Promise<number> {
  const script = `const { main } = await import(${JSON.stringify(MAIN)});
    process.exitCode = await main(process.argv.slice(1));
    process.stderr.write(String(process.resourceUsage().maxRSS));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/^\d+$/) });
  return Number(stderr) * 1024;
}

describe.skipIf(!lab.available)('the memory of a copy', () => {
  it('does not grow with a sparse disk: 1 GiB, 64 GiB', async () => {
    await using scratch = new Scratch();
    const peaks: number[] = [];
    for (const gib of [1, 64]) {
      const path = scratch.join(`${gib}`);
      await writeFile(path, Buffer.alloc(MIB, gib));
      await truncate(path, gib * 1024 * MIB);
      await using peer = await nbdkit('--readonly', 'file', path);
      peaks.push(await peakMemory('copy', peer.uri, scratch.join(`${gib}.copy`), '--quiet'));
    }
    const [small = 0, large = 0] = peaks;
    expect(large).toBeLessThan(small + 24 * MIB);
  });

  it('does not grow with the data, nor with the number of extents', async () => {
    const peaks: number[] = [];
    for (const size of ['512M', '4G']) {
      await using data = await nbdkit('sparse-random', size, 'percent=50', 'runlength=65536');
      peaks.push(await peakMemory('copy', data.uri, 'null:', '--quiet'));
    }
    const [small = 0, large = 0] = peaks;
    expect(large).toBeLessThan(small + 24 * MIB);
  });
});

describe('a reader of stdout that goes away', () => {
  it('does not end a copy', async () => {
    await using scratch = new Scratch();
    const [from, to] = [scratch.join('a'), scratch.join('b')];
    await writeFile(from, Buffer.alloc(8 * MIB, 1));
    await using running = new Blockferry(['copy', from, to, '--json', '--bandwidth', '16MiB/s']);
    await running.until('stdout', /"type":"progress"/);
    running.closeStdout();
    expect((await running.done).status).toBe(0);
    expect((await blockferry('verify', from, to)).status).toBe(0);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

/** As a user's program has it. */
const PROGRAM = `import { createEmbeddedHost, startMigration } from '@blockferry/migrate';
const a = await createEmbeddedHost({ name: 'a' });
const b = await createEmbeddedHost({ name: 'b' });
const disks = [{ name: 'vda', size: 2 ** 22 }, { name: 'vdb', size: 2 ** 22 }];
await b.awaitDomain({ disks, oldBytes: true });
const domain = await a.createDomain({ name: 'guest', disks, writeRate: 2 ** 23 });
`;
const CLOSE = `await domain.close();
await a.close();
await b.close();
`;

it.each([
  ['after a migration', 'await startMigration({ from: domain, to: b }).done;'],
  [
    'after a migration with a timeout whose events nobody read on',
    `const job = startMigration({ from: domain, to: b, timeoutMs: 2 ** 31 - 1 });
    await job.events().next();
    await job.done;`,
  ],
  [
    'after one that was cancelled',
    `const job = startMigration({ from: domain, to: b, bandwidth: 65536 });
    for await (const event of job.events()) if (event.phase === 'bulk') break;
    await job.cancel();`,
  ],
  [
    'after one that was refused',
    `await startMigration({ from: domain, to: b, disks: ['no'] }).done.catch(() => {});`,
  ],
])('a process ends by itself %s, and leaves nothing behind', async (_, steps) => {
  const folder = await mkdtemp(join(tmpdir(), 'exit-'));
  try {
    const { status, stderr } = await run(`${PROGRAM}${steps}\n${CLOSE}`, folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Runs a program with its own temporary folder; one that does not end is killed, which is no status. */
async function run(program: string, folder: string): Promise<{ status: number | null; stderr: string }> {
  const resolved = program.replace(
    '@blockferry/migrate',
    new URL('../../dist/index.js', import.meta.url).href,
  );
  const child = spawn(process.execPath, ['--input-type=module', '--eval', resolved], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  const [[status], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { status, stderr };
}

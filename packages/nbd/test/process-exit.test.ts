import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { MiB, noise } from './support/contents.js';
import { Workspace } from './support/workspace.js';

/** As a user's program has it. */
const IMPORT = `import { compare, connect, copy, openCopier, serve } from '@blockferry/nbd';`;

describe('a process ends by itself', () => {
  it.each([
    ['after a copy', `await copy('source', 'copy').done;`],
    [
      'after a copy whose events nobody read on',
      `const job = copy('source', 'copy'); await job.events().next();`,
    ],
    [
      'after a throttled copy was cancelled',
      `const job = copy('source', 'null:', { bandwidth: 4096, requestSize: 4096 });
      await job.events().next();
      await job.cancel();`,
    ],
    ['after a copy that failed', `await copy('none', 'copy').done.catch(() => {});`],
    [
      'after a server and its client were closed',
      `const server = await serve({ file: 'source', listen: 'nbd+unix:///?socket=socket' });
      const handle = await connect(server.uri);
      await handle.read(0, 4096);
      await handle.close();
      await server.close();`,
    ],
    [
      'after a server was closed under its client',
      `const server = await serve({ file: 'source', listen: 'nbd+unix:///?socket=socket' });
      const handle = await connect(server.uri);
      await server.close();
      await handle.close();`,
    ],
    [
      'after a copier and a comparison',
      `const copier = await openCopier('source', 'copy', { createDestination: true });
      await copier.bulk();
      await copier.close();
      console.log((await compare('source', 'copy')).equal);`,
    ],
  ])('%s', async (_, program) => {
    await using workspace = await Workspace.create();
    await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const { status, stderr } = await run(`${IMPORT}\n${program}\n`, workspace.folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

/** Runs a program in a folder; one that does not end is killed, which is no status. */
async function run(program: string, cwd: string): Promise<{ status: number | null; stderr: string }> {
  const resolved = program.replace('@blockferry/nbd', new URL('../dist/index.js', import.meta.url).href);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', resolved], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  const [[status], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { status, stderr };
}

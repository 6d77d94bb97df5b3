import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { addon } from './support/test-driver.js';

/** As a user's program has it. */
const BEGIN = `
  import { connect } from '@blockferry/libvirt';
  import { Worker } from 'node:worker_threads';
  const connection = await connect('test:///default');
  const domain = await connection.domainByName('test');
`;

describe.skipIf(!addon.available)(`a process ends by itself ${addon.reason}`, { timeout: 30_000 }, () => {
  it.each([
    ['with a connection that is open', ''],
    [
      'with a subscription that nobody reads',
      `await connection.events('lifecycle'); await domain.suspend();`,
    ],
    [
      'after a subscription that was read',
      `const events = await connection.events('lifecycle');
      await domain.suspend();
      await events.next();`,
    ],
    ['without waiting for the reason', `connection.closed.then(() => console.log('never'));`],
    [
      'after a call was aborted',
      `const abort = new AbortController();
      const call = domain.state({ signal: abort.signal }).catch(() => {});
      abort.abort();
      await call;`,
    ],
    ['after all was closed', `await domain.close(); await connection.close(); await connection.close();`],
    [
      'by process.exit with calls in flight',
      `for (let i = 0; i < 50; i++) void connection.capabilities();
      process.exit();`,
    ],
  ])('%s', async (_, program) => {
    const { status, stdout, stderr } = await run(`${BEGIN}\n${program}`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['a call in flight', `domain.info().then(({ vcpus }) => console.log(vcpus));`, '2\n'],
    [
      'a read of events that waits',
      `const events = await connection.events('lifecycle');
      void events.next().then(({ value }) => console.log(value.event));
      setTimeout(() => void domain.suspend(), 300).unref();`,
      'suspended\n',
    ],
  ])('not before %s has ended', async (_, program, output) => {
    const { status, stdout, stderr } = await run(`${BEGIN}\n${program}`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: output, stderr: '' });
  });

  it('with workers that have connections of their own, ended or terminated in the middle', async () => {
    const worker = `
      import { connect } from '@blockferry/libvirt';
      import { parentPort, workerData } from 'node:worker_threads';
      const connection = await connect('test:///default');
      const events = await connection.events('lifecycle');
      const domain = await connection.domainByName('test');
      if (workerData === 'long') {
        parentPort.postMessage('begun');
        for (;;) await Promise.all([domain.info(), connection.capabilities(), domain.state()]);
      }
      parentPort.postMessage((await domain.state()).state);
    `;
    const { status, stdout, stderr } = await run(`${BEGIN}
      import { once } from 'node:events';
      const source = ${JSON.stringify(worker)};
      const start = (workerData) =>
        new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)), { workerData });
      const ended = await Promise.all([1, 2, 3].map(async () => {
        const worker = start('short');
        const [[state], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
        return [state, code];
      }));
      console.log(JSON.stringify(ended));
      for (let i = 0; i < 5; i++) {
        const worker = start('long');
        await once(worker, 'message');
        await worker.terminate();
      }
      console.log((await domain.state()).state);
    `);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe('[["running",0],["running",0],["running",0]]\nrunning\n');
  });

  it('in a worker without being loaded anywhere else', async () => {
    const { status, stdout, stderr } = await run(`
      import { Worker } from 'node:worker_threads';
      const source = \`import { connect } from '@blockferry/libvirt';
        const connection = await connect('test:///default');
        console.log(await connection.type());\`;
      new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)));
    `);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'TEST\n', stderr: '' });
  });
});

/** Runs a program; one that does not end is killed, which is no status. */
async function run(program: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const resolved = program.replaceAll(
    '@blockferry/libvirt',
    new URL('../dist/index.js', import.meta.url).href,
  );
  const child = spawn(process.execPath, ['--input-type=module', '--eval', resolved], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}

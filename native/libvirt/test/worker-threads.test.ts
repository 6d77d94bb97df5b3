import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { run } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { isBuilt, open } from './support/libvirt.js';
import { TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('a worker thread', { timeout: 60_000 }, () => {
  it('uses libvirt beside the main one, and ends when it is done', async () => {
    await using node = new TestNode();
    const connection = await open(node.uri);
    const workers = Array.from({ length: 3 }, () => start(node.uri, 'list'));
    const names = Promise.all(workers.map((worker) => once(worker, 'message')));
    const codes = Promise.all(workers.map(exitOf));
    expect(await names).toEqual(workers.map(() => [['first', 'second']]));
    expect(await codes).toEqual([0, 0, 0]);
    expect((await connection.domains(0)).length).toBe(2);
    await connection.close();
  });

  it('ends with a connection that is open', async () => {
    await using node = new TestNode();
    const worker = start(node.uri, 'leave open');
    expect(await exitOf(worker)).toBe(0);
  });

  it('is terminated while calls are in flight', async () => {
    await using node = new TestNode();
    for (let i = 0; i < 25; i++) {
      const worker = start(node.uri, 'call without end');
      await once(worker, 'message');
      await worker.terminate();
    }
    const connection = await open(node.uri);
    expect((await connection.domains(0)).length).toBe(2);
    await connection.close();
  });

  it('is terminated while it is told of events', async () => {
    await using node = new TestNode();
    for (let i = 0; i < 25; i++) {
      const worker = start(node.uri, 'hear without end');
      await once(worker, 'message');
      await worker.terminate();
    }
  });

  it('is terminated while libvirt waits for credentials, which ends the wait', async () => {
    await using node = new TestNode({ user: 'astrid', password: 'secret' });
    const before = threads('libvirt-long');
    for (let i = 0; i < 8; i++) {
      const worker = start(node.uri, 'wait for credentials');
      await once(worker, 'message');
      await worker.terminate();
    }
    // Each that went on waiting would be one more; one or two that are about to idle are not.
    expect(threads('libvirt-long') - before).toBeLessThan(4);
  });

  it('may be the only one that loads the addon', async () => {
    await using node = new TestNode({ user: 'astrid', password: 'secret' });
    const program = fileURLToPath(new URL('./fixtures/only-in-workers.mjs', import.meta.url));
    const { stdout } = await run(process.execPath, [program, node.uri]);
    expect(stdout).toBe('alive\n');
  });
});

function start(uri: string, then: string): Worker {
  return new Worker(new URL('./fixtures/worker.mjs', import.meta.url), { workerData: { uri, then } });
}

async function exitOf(worker: Worker): Promise<number> {
  const [code] = await once(worker, 'exit');
  return code;
}

function threads(name: string): number {
  return readdirSync(TASKS).filter((task) => nameOf(task) === name).length;
}

function nameOf(task: string): string {
  try {
    return readFileSync(`${TASKS}/${task}/comm`, 'utf8').trim();
  } catch {
    return ''; // it has ended meanwhile
  }
}

const TASKS = '/proc/self/task';

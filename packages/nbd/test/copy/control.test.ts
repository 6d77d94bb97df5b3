import { describe, expect, it } from 'vitest';
import { type CopyEvent, type CopyJob, copy, RateLimiter, serve } from '../../src/index.js';
import { collect, KiB, MiB, noise } from '../support/contents.js';
import { Relay } from '../support/relay.js';
import { Workspace } from '../support/workspace.js';

/** So slow that no test sees the end of it. */
const CRAWL = { bandwidth: 4 * KiB, requestSize: 4 * KiB, connections: 1 };

describe('cancelling a copy', () => {
  for (const [how, start] of [
    ['by cancel()', (job: CopyJob): unknown => job.cancel('enough')],
    ['by a signal', (_: CopyJob, controller: AbortController): unknown => controller.abort('enough')],
  ] as const) {
    it(`settles when what is in flight has been answered, and tells the reason: ${how}`, async () => {
      await using workspace = await Workspace.create();
      const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
      await using server = await serve({ memory: MiB, listen: workspace.socket() });
      await using relay = await Relay.start(server.uri);
      const held = relay.hold();
      const controller = new AbortController();
      const job = copy(source, relay.uri, { signal: controller.signal, connections: 1 });
      let isSettled = false;
      const settled = job.done.finally(() => {
        isSettled = true;
      });
      await held;
      start(job, controller);
      // Another copy, through all threads and back.
      await copy(source, workspace.path('copy')).done;
      expect(isSettled).toBe(false);
      relay.release();
      await expect(settled).rejects.toMatchObject({ name: 'NbdError', code: 'ABORTED', cause: 'enough' });
      expect((await collect(job.events())).at(-1)).toMatchObject({ type: 'result', ok: false });
      await expect.poll(() => server.connections).toBe(0);
    });
  }

  it('resolves cancel() when it is over', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const job = copy(source, workspace.path('copy'), CRAWL);
    await firstProgress(job);
    let isSettled = false;
    job.done.catch(() => {
      isSettled = true;
    });
    const reason = new Error('no more');
    await job.cancel(reason);
    expect(isSettled).toBe(true);
    const events = await collect(job.events());
    expect(events.at(-1)).toMatchObject({ ok: false, error: { code: 'ABORTED', cause: reason } });
    const { bytesDone } = job.snapshot();
    expect(bytesDone).toBeGreaterThan(0);
    expect(bytesDone).toBeLessThan(MiB);
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('before it has begun makes no destination', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB);
    const signal = AbortSignal.abort('never mind');
    const job = copy(source, workspace.path('copy'), { signal });
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED', cause: 'never mind' });
    await expect(workspace.read('copy')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does nothing to a copy that is done', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const controller = new AbortController();
    const job = copy(source, workspace.path('copy'), { signal: controller.signal });
    const result = await job.done;
    await job.cancel();
    controller.abort();
    expect(await job.done).toBe(result);
  });
});

describe('the bandwidth', () => {
  it('can be lifted while the copy runs', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const job = copy(source, 'null:', CRAWL);
    await firstProgress(job);
    expect(() => job.setBandwidth(-1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(job.snapshot()).toMatchObject({ bytesTotal: MiB });
    expect(job.snapshot().bytesLeft).toBeGreaterThan(0);
    job.setBandwidth(0);
    expect(await job.done).toMatchObject({ bytesMoved: MiB });
    expect(job.snapshot()).toMatchObject({ bytesDone: MiB, bytesTotal: MiB, bytesMoved: MiB, bytesLeft: 0 });
  });

  it('can be one for several copies', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const limiter = new RateLimiter(4 * KiB);
    const { bandwidth: _, ...options } = { ...CRAWL, limiter };
    const jobs = [1, 2].map(() => copy(source, 'null:', options));
    await Promise.race(jobs.map(firstProgress));
    for (const job of jobs) expect(job.snapshot().bytesDone).toBeLessThan(MiB / 2);
    limiter.setRate(undefined);
    for (const job of jobs) expect(await job.done).toMatchObject({ bytesMoved: MiB });
  });
});

describe('the events of a copy', () => {
  it('are progress, and the result last; a late subscriber sees it too, and the iteration ends', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const job = copy(source, 'null:', CRAWL);
    const early = collect(job.events());
    await firstProgress(job);
    job.setBandwidth(0);
    const result = await job.done;
    for (const events of [await early, await collect(job.events())]) {
      const progress = events.filter((event) => event.type === 'progress');
      expect(progress.at(-1)).toMatchObject({ bytesDone: MiB, bytesTotal: MiB, bytesLeft: 0 });
      for (const { bytesDone, bytesLeft, bytesTotal } of progress) {
        expect(bytesLeft).toBe(bytesTotal - bytesDone);
      }
      expect(progress).toHaveLength(events.length - 1);
      expect(events.at(-1)).toEqual({ type: 'result', ok: true, ...result });
    }
  });

  it('tell of a failure as done does, to whoever only reads them', async () => {
    await using workspace = await Workspace.create();
    const job = copy(workspace.path('none'), 'null:');
    expect((await collect(job.events())).at(-1)).toMatchObject({
      type: 'result',
      ok: false,
      error: { name: 'NbdError', code: 'IO_ENOENT', side: 'source' },
    });
  });

  it('hold nothing up when nobody reads on', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    const job = copy(source, 'null:', CRAWL);
    // This reader has had its first event and never asks again.
    const reader: AsyncGenerator<CopyEvent, void, undefined> = job.events();
    await reader.next();
    job.setBandwidth(0);
    expect(await job.done).toMatchObject({ bytesMoved: MiB });
  });
});

describe('a peer that fails', () => {
  it('ends the copy with what was lost, and on which side', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    await using relay = await Relay.start(server.uri);
    const held = relay.hold();
    const job = copy(source, relay.uri);
    await held;
    relay.cut();
    await expect(job.done).rejects.toMatchObject({
      code: 'NBD_DISCONNECTED',
      side: 'destination',
      retryable: true,
    });
  });

  it('is given up when it answers no request in time', async () => {
    await using workspace = await Workspace.create();
    const source = await workspace.file('source', MiB, { offset: 0, bytes: noise(MiB) });
    await using server = await serve({ memory: MiB, listen: workspace.socket() });
    await using relay = await Relay.start(server.uri);
    const held = relay.hold();
    const job = copy(source, relay.uri, { requestTimeoutMs: 100 });
    const failed = expect(job.done).rejects.toMatchObject({ code: 'NBD_TIMEOUT', side: 'destination' });
    await Promise.all([held, failed]);
  });
});

/** Resolves when something has been copied. */
async function firstProgress(job: CopyJob): Promise<void> {
  for await (const event of job.events()) {
    if (event.type === 'progress' && event.bytesDone > 0) return;
  }
}

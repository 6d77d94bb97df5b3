import { connect } from 'node:net';
import { LibvirtPair, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { Service } from './service.js';

const lab = requires();
const libvirtLab = requires('libvirt', 'libvirt-headers', 'guest', 'qemu-system-x86_64', 'qemu-img');
const PHASES = ['begin', 'prepare', 'bulk', 'precopy', 'state', 'switchover', 'finish', 'confirm'];
/** Bytes per second at which a demo takes long enough to be interrupted. */
const SLOW = 1024 * 1024;

describe.skipIf(!lab.available)(`the example migration service ${lab.reason}`, () => {
  it('moves a guest and streams its events, to those who come late too', async () => {
    await using service = await Service.start();
    const { id } = await start(service, { demo: true, verify: true });

    const events = await collect(service.events(id));
    expect(events.every(({ event, data }) => event === data.type)).toBe(true);
    expect(events.flatMap(({ data }) => (data.type === 'phase' ? [data['phase']] : []))).toEqual(PHASES);
    const result = events.at(-1)?.data;
    expect(result).toMatchObject({ type: 'result', ok: true, exit: 0, id });
    expect(result).toMatchObject({
      disks: [
        { disk: 'vda', verified: true },
        { disk: 'vdb', verified: true },
      ],
    });

    const late = await collect(service.events(id));
    expect(late.filter(({ event }) => event === 'phase')).toHaveLength(PHASES.length);
    expect(late.at(-1)?.data).toEqual(result);
    const { type: _, ...fields } = result ?? { type: '' };
    expect(await service.request('GET', `/migrations/${id}`)).toEqual({
      status: 200,
      body: { id, running: false, phase: 'confirm', result: fields },
    });
  });

  it('cancels on DELETE, and tells the watchers', async () => {
    await using service = await Service.start();
    const { id } = await start(service, { demo: true, bandwidth: SLOW });
    const watched = watch(service, id);
    await watched.bulk;

    const { status, body } = await service.request('DELETE', `/migrations/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      running: false,
      result: { ok: false, exit: 130, error: { code: 'ABORTED' } },
    });
    expect(await watched.last).toMatchObject({ type: 'result', ok: false, error: { code: 'ABORTED' } });
  });

  it('ends on SIGTERM with everything cancelled, and waits for no client that reads nothing', async () => {
    await using service = await Service.start();
    const { id } = await start(service, { demo: true, bandwidth: SLOW });
    const watched = watch(service, id);
    await watched.bulk;
    const idle = connect(Number(new URL(service.url).port), '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));

    service.daemon.signal('SIGTERM');
    expect(await watched.last).toMatchObject({ type: 'result', ok: false, error: { code: 'ABORTED' } });
    expect(await service.daemon.exited).toBe('env ended (exit status 0)');
    idle.destroy();
  });

  it('refuses what it cannot take, with a status, a code and what to do', async () => {
    await using service = await Service.start();
    const nobody = { from: 'qmp+unix:///nonexistent/a', to: 'qmp+unix:///nonexistent/b' };
    const cases: [string, string, unknown, number, string][] = [
      ['POST', '/migrations', [], 400, 'INVALID_REQUEST'],
      ['POST', '/migrations', { ...nobody, disk: 'vda' }, 400, 'INVALID_REQUEST'],
      ['POST', '/migrations', { demo: true, bandwidth: '1' }, 400, 'INVALID_REQUEST'],
      ['POST', '/plans', { demo: true }, 400, 'INVALID_REQUEST'],
      ['POST', '/plans', { ...nobody, to: nobody.from }, 400, 'INVALID_ARGUMENT'],
      ['POST', '/plans', nobody, 502, 'QMP_CONNECT'],
      ['POST', '/migrations', { ...nobody, stateUri: 'x'.repeat(1 << 16) }, 413, 'TOO_LARGE'],
      ['GET', '/migrations/none', undefined, 404, 'NOT_FOUND'],
      ['GET', '/constructor', undefined, 404, 'NOT_FOUND'],
      ['PUT', '/migrations', undefined, 405, 'METHOD_NOT_ALLOWED'],
    ];
    for (const [method, path, body, status, code] of cases) {
      const answer = await service.request(method, path, body);
      expect(answer, `${method} ${path}`).toMatchObject({ status, body: { error: { code } } });
    }
    const plain = await fetch(`${service.url}/migrations`, { method: 'POST', body: '{"demo":true}' });
    expect(plain.status).toBe(415);
    expect((await service.request('POST', '/migrations', { disks: [], from: '' })).body).toMatchObject({
      error: { problems: [/"disks"/, /"from"/, /"to"/].map((name) => expect.stringMatching(name)) },
    });
    expect(await service.request('GET', '/migrations')).toEqual({ status: 200, body: [] });
  });
});

describe.skipIf(!libvirtLab.available)(
  `the example migration service, asked for libvirt ${libvirtLab.reason}`,
  () => {
    it('plans and moves a guest between two libvirt hosts', async () => {
      const disks = [{ name: 'vda', sizeMiB: 32, filledMiB: 16, rateKiB: 1024 }];
      await using pair = await LibvirtPair.start({ disks, isBooted: false });
      await using service = await Service.start();
      const wanted = { from: pair.source.uri, to: pair.destination.uri, domain: pair.domain };
      expect(await service.request('POST', '/plans', { ...wanted, disks: ['vda', 'vdz'] })).toMatchObject({
        status: 200,
        body: { ok: false, strategy: 'delegate', problems: [{ code: 'DISK_NOT_FOUND', disk: 'vdz' }] },
      });

      const { id } = await start(service, { ...wanted, disks: ['vda'] });
      const events = await collect(service.events(id));
      expect(events.flatMap(({ data }) => (data.type === 'phase' ? [data['phase']] : []))).toEqual(PHASES);
      expect(events.at(-1)?.data).toMatchObject({ ok: true, disks: [{ disk: 'vda' }] });
      await pair.destination.waitMoreBeats(1);
    });
  },
);

async function start(service: Service, body: unknown): Promise<{ id: string }> {
  const answer = await service.request('POST', '/migrations', body);
  expect(answer).toMatchObject({ status: 202, body: { id: expect.any(String), running: true } });
  return answer.body as { id: string };
}

/** Follows a migration: `bulk` resolves when it copies, `last` with the last event of its stream. */
function watch(service: Service, id: string): { bulk: Promise<void>; last: Promise<unknown> } {
  let copies!: () => void;
  const bulk = new Promise<void>((resolve) => {
    copies = resolve;
  });
  const follow = async (): Promise<unknown> => {
    let last: unknown;
    for await (const { data } of service.events(id)) {
      if (data['phase'] === 'bulk') copies();
      last = data;
    }
    return last;
  };
  return { bulk, last: follow() };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

import { mkdir, readdir } from 'node:fs/promises';
import { leftovers, type PairDisk, QemuPair, requires } from '@blockferry/lab';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BarePair } from '../support/bare-pair.js';
import { failed, goesOn, isPhase, statusOf, verified } from '../support/qemu-migration.js';
import { expectRunsOnce } from '../support/runs-once.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');
const MIB = 1 << 20;
/** Small, so that a migration is a matter of seconds. */
const DISKS: readonly PairDisk[] = [
  { name: 'vda', sizeMiB: 32, filledMiB: 16, rateKiB: 4096 },
  { name: 'vdb', sizeMiB: 32, filledMiB: 16, rateKiB: 1024 },
];

const LOST = /^(NBD_DISCONNECTED|QMP_CLOSED|STREAM_FAILED)$/;

afterEach(() => void vi.unstubAllEnvs());

describe.skipIf(!lab.available)(`what goes wrong between two QEMUs ${lab.reason}`, () => {
  for (const [side, other] of [
    ['source', 'destination'],
    ['destination', 'source'],
  ] as const) {
    it(`leaves the ${other} clean when the ${side} is killed in the bulk`, async () => {
      await using pair = await BarePair.start();
      const before = await pair.leftovers();
      const error = await failed(pair, { bandwidth: MIB }, (event) => {
        if (isPhase(event, 'bulk')) pair[side].signal('SIGKILL');
      });
      expect(error.code).toMatch(LOST);
      expect(error).toMatchObject({ side, phase: 'bulk', result: { ok: false, exit: 1 } });
      expect(await leftovers(pair[other])).toEqual(before[other]);
      expect(await statusOf(pair[other])).toBe(other === 'source' ? 'running' : 'inmigrate');
      expectRunsOnce(pair.source, pair.destination);
    });
  }

  it('leaves the guest on a clean source when the destination dies beside the stream, and in pre-switchover', async () => {
    await using pair = await QemuPair.start({ disks: DISKS });
    const before = await leftovers(pair.source);
    await using spare = await pair.startSpare();
    for (const [phase, destination] of [
      ['state', pair.destination],
      ['switchover', spare],
    ] as const) {
      const error = await failed({ source: pair.source, destination }, {}, (event) => {
        if (isPhase(event, phase)) destination.signal('SIGKILL');
      });
      expect(error.code, phase).toMatch(LOST);
      expect(error).toMatchObject({ phase, result: { ok: false, exit: 1 } });
      expect(await leftovers(pair.source)).toEqual(before);
      await goesOn({ source: pair.source, destination }, 'source');
    }
    await verified(pair, 'source');
  });

  it('resumes nothing when the destination hangs in the hand-over, and says so', async () => {
    await using pair = await QemuPair.start({ disks: DISKS });
    const temporary = `${pair.directory}/temporary`;
    await mkdir(temporary);
    vi.stubEnv('TMPDIR', temporary);
    const error = await failed(
      pair,
      {},
      (event) => {
        if (isPhase(event, 'finish')) pair.destination.signal('SIGSTOP');
      },
      { handOverTimeoutMs: 1000 },
    );
    expect(error).toMatchObject({
      code: 'OUTCOME_UNCERTAIN',
      phase: 'finish',
      result: { ok: false, exit: 6 },
    });
    expect(await readdir(temporary), 'sockets of ours').toEqual([]);
    expect(error.message).toMatch(/the destination does not answer.*Nothing was resumed: look at both/);
    pair.destination.signal('SIGCONT');
    // What had been sent arrives: the guest is there, and waits for somebody to decide.
    await pair.destination.event('MIGRATION', ({ status }) => status === 'completed');
    expect(await statusOf(pair.source)).not.toBe('running');
    expect(await statusOf(pair.destination)).toBe('paused');
    await pair.destination.cmd('cont');
    await goesOn(pair, 'destination');
    await verified(pair, 'destination');
  });

  it('notices a destination that hangs beside the state stream, though no disk moves', async () => {
    await using pair = await BarePair.start();
    await pair.slowStream();
    const before = await leftovers(pair.source);
    const begun = pair.source.event('MIGRATION', ({ status }) => status === 'active');
    const hung = begun.then(() => pair.destination.signal('SIGSTOP'));
    const options = { disks: 'none', unsafe: true } as const;
    const error = await failed(pair, options, () => {}, { commandTimeoutMs: 1000 });
    await hung;
    expect(error).toMatchObject({
      code: 'QMP_TIMEOUT',
      side: 'destination',
      phase: 'state',
      result: { exit: 1 },
    });
    expect(await statusOf(pair.source)).toBe('running');
    expect(await leftovers(pair.source)).toEqual(before);
    expectRunsOnce(pair.source, pair.destination);
  });

  it('rolls back when the time is up', async () => {
    await using pair = await BarePair.start();
    const before = await pair.leftovers();
    const error = await failed(pair, { bandwidth: MIB, timeoutMs: 500 });
    expect(error).toMatchObject({ code: 'TIMEOUT', result: { exit: 5 } });
    expect(await statusOf(pair.source)).toBe('running');
    expect(await pair.leftovers()).toEqual(before);
  });
});

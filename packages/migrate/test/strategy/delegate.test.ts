import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import type { DelegateHost, DelegateSource, ImagePlace } from '../../src/delegate-ports.js';
import { MigrationError } from '../../src/error.js';
import type { MigrationEvent } from '../../src/events.js';
import { PHASES } from '../../src/phase.js';
import { PhaseRunner } from '../../src/phase-runner.js';
import type { DestinationImage } from '../../src/policy/destination-images.js';
import { DelegateStrategy } from '../../src/strategy/delegate.js';
import { delegateDisk } from '../support/delegate-disks.js';
import { FakeSession } from '../support/fake-delegate.js';

interface Said {
  readonly targets?: readonly string[];
  readonly newImages?: readonly string[];
  readonly maxDowntimeMs?: number;
  readonly bandwidth?: number;
  /** The image whose making fails. */
  readonly broken?: string;
}

/** A strategy over a call whose end the test decides, and the record of all that it did. */
function start({ targets = ['vda', 'vdb'], newImages = [], maxDowntimeMs, bandwidth, broken }: Said = {}) {
  const record: string[] = [];
  const events: MigrationEvent[] = [];
  const session = new FakeSession();
  session.setMaxDowntime = async (ms) => {
    record.push(`downtime ${ms}`);
    return 300;
  };
  session.setMemorySpeed = async (speed) => {
    record.push(`memory ${speed}`);
  };
  const phases = new PhaseRunner(
    (phase) => events.push({ type: 'phase', phase }),
    (level, message) => events.push({ type: 'log', level, message }),
  );
  phases.enter('begin');
  const path = (place: ImagePlace): string => ('path' in place ? place.path : '');
  const host = {
    createImage: async (place, { size, format }) => {
      if (path(place) === `/images/${broken}`) throw new MigrationError('OPERATION_FAILED', 'no space');
      record.push(`make ${path(place)} ${size} ${format}`);
    },
    removeImage: async (place) => {
      record.push(`remove ${path(place)}`);
    },
  } as DelegateHost;
  const disks = targets.map((target) => ({ info: delegateDisk(target), disk: target }));
  const images = newImages.map((target): DestinationImage => {
    const source = delegateDisk(target, { format: 'qcow2' });
    const sighting = { state: 'missing', creatable: true, reason: '' } as const;
    return { disk: target, source, place: source.place as ImagePlace, format: source.format, sighting };
  });
  const strategy = new DelegateStrategy({
    source: { open: async () => session } as Partial<DelegateSource> as DelegateSource,
    host,
    call: { call: 'migrate3', dest: host, params: new TypedParams(), flags: [] },
    disks,
    newImages: images,
    maxDowntimeMs,
    context: {
      id: 'id',
      phases,
      signal: new AbortController().signal,
      bandwidth,
      emit: (event) => events.push(event),
      stop: () => undefined,
      internals: { handOverTimeoutMs: 0 },
    },
  });
  const outcome = strategy.run();
  outcome.catch(() => undefined);
  const named = (): string[] => events.flatMap((event) => (event.type === 'phase' ? event.phase : []));
  return { strategy, session, outcome, record, events, phases, announced: named };
}

const MEMORY = { total: 2 ** 27, processed: 2 ** 26, remaining: 2 ** 26, iteration: 1 };

describe('the phases', () => {
  it('follow what the daemons tell', async () => {
    const { session, outcome, announced, phases } = start();
    await session.made;
    expect(announced()).toEqual(['begin', 'prepare']);
    const copies = new Map([
      ['vda', { current: 1, end: 2 ** 30 }],
      ['vdb', { current: 0, end: 2 ** 30 }],
    ]);
    session.copy = { disks: copies, memory: undefined };
    await expect.poll(announced).toEqual(['begin', 'prepare', 'bulk']);
    session.tell({ sign: 'ready', target: 'vda' });
    expect(phases.current).toBe('bulk');
    session.tell({ sign: 'ready', target: 'vdb' });
    expect(phases.current).toBe('precopy');
    session.copy = { disks: copies, memory: MEMORY };
    await expect.poll(() => phases.current).toBe('state');
    session.tell({ sign: 'suspended' });
    expect(phases.current).toBe('switchover');
    session.tell({ sign: 'arrived' });
    expect(phases.current).toBe('finish');
    session.tell({ sign: 'left' });
    expect(phases.current).toBe('confirm');
    session.succeed();
    expect(await outcome).toEqual({ ms: 42 });
    expect(announced()).toEqual(PHASES);
  });

  it('are all announced, also where nothing was told', async () => {
    const { session, outcome, announced } = start({ targets: [] });
    await session.made;
    session.succeed();
    await outcome;
    expect(announced()).toEqual(PHASES);
  });

  it('of a call that fails end where it failed', async () => {
    const { session, outcome, phases } = start();
    await session.made;
    session.tell({ sign: 'suspended' });
    session.fail('OPERATION_FAILED', 'operation failed: so');
    await expect(outcome).rejects.toMatchObject({
      code: 'OPERATION_FAILED',
      message: 'operation failed: so',
    });
    expect(phases.current).toBe('switchover');
  });
});

describe('the progress', () => {
  it('of a disk is all of it when the copy is over, whatever was seen last', async () => {
    const { session, outcome, strategy, events } = start({ targets: ['vda'] });
    await session.made;
    session.copy = { disks: new Map([['vda', { current: 100, end: 2 ** 30 + 7 }]]), memory: undefined };
    await expect.poll(() => strategy.progress()[0]?.bytesDone).toBe(100);
    session.succeed();
    await outcome;
    expect(strategy.results()).toMatchObject([{ disk: 'vda', size: 2 ** 30, bytesMoved: 2 ** 30 + 7 }]);
    expect(events.findLast(({ type }) => type === 'progress')).toMatchObject({
      disk: 'vda',
      phase: 'confirm',
      bytesLeft: 0,
    });
  });

  it('is all of it as well once memory is sent and the copy is not told of any more', async () => {
    const { session, outcome, strategy } = start();
    await session.made;
    session.copy = { disks: new Map([['vda', { current: 5, end: 2 ** 30 + 5 }]]), memory: MEMORY };
    await expect
      .poll(() => strategy.progress())
      .toMatchObject([
        { disk: 'vda', bytesDone: 5, bytesLeft: 2 ** 30 },
        { disk: 'vdb', bytesDone: 2 ** 30, bytesLeft: 0 },
      ]);
    session.succeed();
    await outcome;
  });

  it('is what was seen where it failed', async () => {
    const { session, outcome, strategy } = start();
    await session.made;
    session.copy = { disks: new Map([['vda', { current: 100, end: 2 ** 30 }]]), memory: undefined };
    await expect.poll(() => strategy.progress()[0]?.bytesDone).toBe(100);
    session.fail();
    await expect(outcome).rejects.toThrow();
    expect(strategy.results()).toMatchObject([{ bytesMoved: 100 }, { bytesMoved: 0 }]);
  });

  it('of the memory is told pass by pass', async () => {
    const { session, outcome, events } = start({ targets: [] });
    const logs = (): string[] => events.flatMap((event) => (event.type === 'log' ? event.message : []));
    await session.made;
    session.copy = { disks: new Map(), memory: MEMORY };
    await expect.poll(logs).toEqual(['Memory, pass 1: 64 of 128 MiB to send.']);
    session.copy = { disks: new Map(), memory: { ...MEMORY, iteration: 2, remaining: 5 } };
    await expect.poll(logs).toHaveLength(2);
    session.succeed();
    await outcome;
  });

  it('that cannot be asked for is no fault', async () => {
    const { session, outcome } = start();
    let looks = 0;
    session.look = async () => {
      looks += 1;
      throw new MigrationError('NO_DOMAIN', 'gone');
    };
    await expect.poll(() => looks).toBeGreaterThan(1);
    session.succeed();
    expect(await outcome).toEqual({ ms: 42 });
  });
});

describe('images that are made', () => {
  it('are there before the call, and stay when it succeeds', async () => {
    const { session, outcome, record, phases } = start({ newImages: ['vda', 'vdb'] });
    await session.made;
    const made = [`make /images/vda ${2 ** 30} qcow2`, `make /images/vdb ${2 ** 30} qcow2`];
    expect(record).toEqual(made);
    session.succeed();
    await outcome;
    await phases.unwind();
    expect(record).toEqual(made);
  });

  it('are removed when it fails, and no other', async () => {
    const { session, outcome, record, phases } = start({ newImages: ['vda', 'vdb'] });
    await session.made;
    session.fail();
    await expect(outcome).rejects.toThrow();
    await phases.unwind();
    expect(record.slice(2)).toEqual(['remove /images/vdb', 'remove /images/vda']);
  });

  it('one of which cannot be made: the call is not made, and the others go', async () => {
    const { outcome, record, phases, session } = start({ newImages: ['vda', 'vdb'], broken: 'vdb' });
    await expect(outcome).rejects.toMatchObject({ message: 'no space' });
    await phases.unwind();
    expect(record.slice(1)).toEqual(['remove /images/vda']);
    expect(session.looks).toBe(0);
  });
});

describe('limits', () => {
  it('the downtime is set before, and put back when it fails', async () => {
    const { session, outcome, record, phases } = start({ maxDowntimeMs: 50 });
    await session.made;
    expect(record).toEqual(['downtime 50']);
    session.fail();
    await expect(outcome).rejects.toThrow();
    await phases.unwind();
    expect(record).toEqual(['downtime 50', 'downtime 300']);
  });

  it('memory gets all of the bandwidth when the disks are ready', async () => {
    const { session, outcome, record } = start({ bandwidth: 100 * 2 ** 20 });
    await session.made;
    session.copy = { disks: new Map(), memory: MEMORY };
    await expect.poll(() => record).toEqual(['memory 100']);
    session.succeed();
    await outcome;
  });

  it("a bandwidth that is changed meanwhile is the memory's alone, and that is said", async () => {
    const { session, outcome, record, strategy, events } = start();
    await session.made;
    session.copy = { disks: new Map([['vda', { current: 1, end: 2 }]]), memory: undefined };
    await expect.poll(() => events.filter(({ type }) => type === 'progress').length).toBeGreaterThan(0);
    strategy.setBandwidth(0);
    await expect.poll(() => record).toEqual(['memory 0']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', level: 'warning' }));
    session.succeed();
    await outcome;
  });
});

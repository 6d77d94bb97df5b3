import { describe, expect, it } from 'vitest';
import type { MigrationError } from '../../src/error.js';
import { type OutcomeOptions, runToOutcome } from '../../src/strategy/delegate-call.js';
import { ABSENT, FakeSession, MIGRATING, RUNNING, SILENT } from '../support/fake-delegate.js';

const LOST_SOURCE = { sign: 'lost', side: 'source', reason: 'eof' } as const;
const LOST_DESTINATION = { sign: 'lost', side: 'destination', reason: 'keepalive' } as const;

function start(session: FakeSession, options: Partial<OutcomeOptions> = {}): Promise<unknown> {
  const outcome = runToOutcome(session, { signal: new AbortController().signal, deadlineMs: 0, ...options });
  return outcome.then(
    () => 'arrived',
    (error: unknown) => error,
  );
}

function error(code: string, message: RegExp, side?: string): unknown {
  return expect.objectContaining({ code, message: expect.stringMatching(message), side });
}

describe('with both connections there', () => {
  it('what the call says counts', async () => {
    const session = new FakeSession();
    const outcome = start(session);
    await session.made;
    session.succeed();
    expect(await outcome).toBe('arrived');
  });

  it('its failure is told word for word, and nobody is asked', async () => {
    const session = new FakeSession();
    session.sightings = [{ source: ABSENT, destination: RUNNING }];
    const outcome = start(session);
    await session.made;
    session.fail('MIGRATE_UNSAFE', 'Unsafe migration: because');
    expect(await outcome).toEqual(error('MIGRATE_UNSAFE', /^Unsafe migration: because$/));
  });

  it('or both sides are asked, where that is wanted', async () => {
    const session = new FakeSession();
    session.sightings = [
      { source: MIGRATING, destination: ABSENT },
      { source: ABSENT, destination: RUNNING },
    ];
    const outcome = start(session, { verify: true, deadlineMs: 10_000 });
    await session.made;
    session.fail();
    expect(await outcome).toBe('arrived');
  });
});

describe('given up', () => {
  it('the daemon is told again and again until the call ends', async () => {
    const session = new FakeSession();
    const abort = new AbortController();
    let ticks = 0;
    const ticked = new Promise<void>((resolve) => {
      const onTick = async (): Promise<void> => {
        ticks += 1;
        if (ticks === 3) abort.abort();
        if (session.aborts === 3) resolve();
      };
      void start(session, { signal: abort.signal, onTick });
    });
    await ticked;
    expect(ticks).toBeGreaterThan(4);
    session.fail('OPERATION_ABORTED', 'operation aborted: migration out: canceled by client');
  });

  it('too late, the guest has arrived', async () => {
    const session = new FakeSession();
    const outcome = start(session, { signal: AbortSignal.abort() });
    await session.made;
    session.succeed();
    expect(await outcome).toBe('arrived');
  });
});

describe('the connection to the source lost', () => {
  it.each([
    ['the guest is there', { source: RUNNING, destination: ABSENT }, error('RPC', /^gone$/, 'source')],
    ['the guest has arrived', { source: ABSENT, destination: RUNNING }, 'arrived'],
    [
      'it has ended',
      { source: ABSENT, destination: ABSENT },
      error('SOURCE_CHANGED', /neither side: gone/, 'source'),
    ],
    [
      'it runs twice',
      { source: RUNNING, destination: RUNNING },
      error('OUTCOME_UNCERTAIN', /source has it.*destination has it/),
    ],
    [
      'nobody answers',
      { source: SILENT, destination: SILENT },
      error('OUTCOME_UNCERTAIN', /does not answer \(connection refused\)/),
    ],
    // It may have been stopped without us: then it may run there.
    [
      'the destination does not answer',
      { source: RUNNING, destination: SILENT },
      error('OUTCOME_UNCERTAIN', /gone/),
    ],
  ])('and %s', async (_, sightings, outcome) => {
    const session = new FakeSession();
    session.sightings = [sightings];
    const ended = start(session);
    await session.made;
    session.tell(LOST_SOURCE);
    session.fail('RPC', 'gone');
    expect(await ended).toEqual(outcome);
  });

  it('and a migration that goes on from peer to peer is ended', async () => {
    const session = new FakeSession(false);
    session.sightings = [
      { source: SILENT, destination: SILENT },
      { source: MIGRATING, destination: ABSENT },
      { source: RUNNING, destination: ABSENT },
    ];
    const ended = start(session, { deadlineMs: 10_000 });
    await session.made;
    session.tell(LOST_SOURCE);
    session.fail('RPC', 'gone');
    expect(await ended).toEqual(error('RPC', /^gone$/, 'source'));
    expect(session.aborts).toBe(1);
  });
});

describe('the connection to the destination lost', () => {
  it('a migration that we manage is given up before the guest stops', async () => {
    const session = new FakeSession();
    session.sightings = [{ source: RUNNING, destination: SILENT }];
    const ended = start(session);
    await session.made;
    session.tell(LOST_DESTINATION);
    await expect.poll(() => session.aborts).toBeGreaterThan(0);
    session.fail('OPERATION_ABORTED', 'canceled by client');
    const outcome = await ended;
    expect(outcome).toEqual(
      error('RPC', /destination's daemon is lost \(keepalive\).*on the source/, 'destination'),
    );
    expect((outcome as MigrationError).cause).toMatchObject({ code: 'OPERATION_ABORTED' });
  });

  it('one that the daemons manage goes on', async () => {
    const session = new FakeSession(false);
    let looked = 0;
    const onTick = async (): Promise<void> => {
      looked += 1;
    };
    const ended = start(session, { onTick });
    await session.made;
    session.tell(LOST_DESTINATION);
    await expect.poll(() => looked).toBeGreaterThan(2);
    session.succeed();
    expect(await ended).toBe('arrived');
    expect(session.aborts).toBe(0);
  });

  it('after the stop nobody knows, unless it answers again', async () => {
    const session = new FakeSession();
    session.sightings = [{ source: RUNNING, destination: SILENT }];
    const ended = start(session);
    await session.made;
    session.tell({ sign: 'suspended' });
    session.tell(LOST_DESTINATION);
    session.fail('RPC', 'gone');
    expect(await ended).toEqual(error('OUTCOME_UNCERTAIN', /gone/));
    expect(session.aborts).toBe(0);
  });
});

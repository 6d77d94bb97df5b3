import { describe, expect, it } from 'vitest';
import { EventLog } from '../src/index.js';
import { collect } from './support/contents.js';

describe('an event log', () => {
  it('gives all events in order and ends after end()', async () => {
    const log = new EventLog<string>();
    log.push('a');
    const read = collect(log.read());
    log.push('b');
    log.end();
    expect(await read).toEqual(['a', 'b']);
  });

  it('gives them to a late reader and to a second one, each from the first on', async () => {
    const log = new EventLog<string>();
    const early = log.read();
    log.push('a');
    expect(await early.next()).toEqual({ done: false, value: 'a' });
    log.push('b');
    log.end();
    expect(await collect(log.read())).toEqual(['a', 'b']);
    expect(await collect(early)).toEqual(['b']);
    expect(await collect(log.read())).toEqual(['a', 'b']);
  });

  it('wakes every reader that waits', async () => {
    const log = new EventLog<string>();
    const waiting = [log.read().next(), log.read().next()];
    log.push('a');
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'a' },
    ]);
    const ended = log.read();
    await ended.next();
    const last = ended.next();
    log.end();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it('keeps of events with one key the latest, at its own place', async () => {
    const log = new EventLog<string>();
    log.push('vda 1', 'vda');
    log.push('vdb 1', 'vdb');
    log.push('phase');
    log.push('vda 2', 'vda');
    log.push('vda 3', 'vda');
    log.end();
    expect(await collect(log.read())).toEqual(['vdb 1', 'phase', 'vda 3']);
  });

  it('gives a reader that keeps up all of them, and one that does not the latest', async () => {
    const log = new EventLog<number>();
    const quick = log.read();
    const slow = log.read();
    log.push(1, 'key');
    expect((await quick.next()).value).toBe(1);
    expect((await slow.next()).value).toBe(1);
    log.push(2, 'key');
    expect((await quick.next()).value).toBe(2);
    log.push(3, 'key');
    log.end();
    expect(await collect(quick)).toEqual([3]);
    expect(await collect(slow)).toEqual([3]);
  });

  it('takes nothing after its end', async () => {
    const log = new EventLog<string>();
    log.end();
    log.push('late');
    expect(await collect(log.read())).toEqual([]);
  });

  it('goes on when a reader leaves', async () => {
    const log = new EventLog<string>();
    log.push('a');
    for await (const event of log.read()) {
      expect(event).toBe('a');
      break;
    }
    log.push('b');
    log.end();
    expect(await collect(log.read())).toEqual(['a', 'b']);
  });
});

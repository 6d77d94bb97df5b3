import { beforeEach, describe, expect, it } from 'vitest';
import { PHASES, type Phase } from '../src/phase.js';
import { PhaseRunner } from '../src/phase-runner.js';

let announced: Phase[];
let logged: string[];
let undone: string[];
let phases: PhaseRunner;

beforeEach(() => {
  announced = [];
  logged = [];
  undone = [];
  phases = new PhaseRunner(
    (phase) => announced.push(phase),
    (level, message) => logged.push(`${level}: ${message}`),
  );
});

function undo(what: string): void {
  phases.onFailure(what, async () => {
    undone.push(what);
  });
}

describe('the phases', () => {
  it('are announced once each, in order, as they begin', () => {
    for (const phase of PHASES) {
      phases.enter(phase);
      expect(announced.at(-1)).toBe(phase);
      expect(phases.current).toBe(phase);
    }
    expect(announced).toEqual([
      'begin',
      'prepare',
      'bulk',
      'precopy',
      'state',
      'switchover',
      'finish',
      'confirm',
    ]);
  });

  it('begin with begin', () => {
    expect(phases.current).toBe('begin');
    expect(() => phases.enter('prepare')).toThrow(/begin is next, not prepare/);
  });

  it('take no other order: none is left out, none comes back', () => {
    phases.enter('begin');
    expect(() => phases.enter('bulk')).toThrow(RangeError);
    expect(() => phases.enter('begin')).toThrow(RangeError);
    phases.enter('prepare');
    expect(announced).toEqual(['begin', 'prepare']);
    expect(phases.current).toBe('prepare');
  });

  it('end with confirm', () => {
    for (const phase of PHASES) phases.enter(phase);
    expect(() => phases.enter('begin')).toThrow(/none is next, not begin/);
  });
});

describe('on failure', () => {
  it('everything is undone, last first', async () => {
    undo('close the connections');
    undo('stop the server');
    undo('remove the bitmaps');
    await phases.unwind();
    expect(undone).toEqual(['remove the bitmaps', 'stop the server', 'close the connections']);
    expect(logged).toEqual([]);
  });

  it('one step ends before the next begins', async () => {
    undo('stop the server');
    let release = (): void => {};
    phases.onFailure('drain', () => new Promise((resolve) => (release = resolve)));
    const unwound = phases.unwind();
    await new Promise(setImmediate);
    expect(undone).toEqual([]);
    release();
    await unwound;
    expect(undone).toEqual(['stop the server']);
  });

  it('a step that fails is logged, and the others are undone all the same', async () => {
    undo('close the connections');
    phases.onFailure('stop the server', async () => {
      throw new Error('The monitor is gone.');
    });
    phases.onFailure('remove the sockets', () => {
      throw 'EBUSY';
    });
    undo('remove the bitmaps');
    await phases.unwind();
    expect(undone).toEqual(['remove the bitmaps', 'close the connections']);
    expect(logged).toEqual([
      'warning: Could not remove the sockets: EBUSY',
      'warning: Could not stop the server: The monitor is gone.',
    ]);
  });

  it('nothing is undone twice', async () => {
    undo('stop the server');
    await phases.unwind();
    await phases.unwind();
    expect(undone).toEqual(['stop the server']);
  });

  it('the hosts are left alone when nobody knows what became of them', async () => {
    phases.onFailure('remove the sockets', async () => void undone.push('remove the sockets'), 'here');
    undo('remove the bitmaps');
    phases.leaveHosts();
    await phases.unwind();
    expect(undone).toEqual(['remove the sockets']);
  });

  it('nothing is undone after the commit, and what is added later still is', async () => {
    undo('remove the bitmaps');
    phases.commit();
    undo('remove the sockets');
    await phases.unwind();
    expect(undone).toEqual(['remove the sockets']);
  });
});

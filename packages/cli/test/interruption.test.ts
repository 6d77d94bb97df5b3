import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Interruption } from '../src/interruption.js';
import { Output } from '../src/output/output.js';
import { FakeShell } from './support/fake-shell.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Sends a signal, long after the one before. */
function send(shell: FakeShell, name: NodeJS.Signals): void {
  vi.advanceTimersByTime(1000);
  shell.signals.emit(name, name);
}

it('cancels on the first signal, ends at once on the second', () => {
  const shell = new FakeShell();
  using output = new Output(shell, { progress: 'none' });
  using interruption = new Interruption(shell, output);
  send(shell, 'SIGINT');
  expect(interruption.signal.aborted).toBe(true);
  expect(interruption.signal.reason).toMatchObject({ code: 'ABORTED' });
  expect(shell.exits).toEqual([]);
  send(shell, 'SIGTERM');
  expect(shell.exits).toEqual([130]);
});

it('only notes further signals while the guest is being handed over', () => {
  const shell = new FakeShell();
  using output = new Output(shell, { progress: 'none' });
  let stopped = true;
  using interruption = new Interruption(shell, output, { mustFinish: () => stopped });
  for (let times = 0; times < 3; times += 1) send(shell, 'SIGTERM');
  expect(interruption.signal.aborted).toBe(true);
  expect(shell.exits).toEqual([]);
  expect(shell.err.text.match(/handed over/g)).toHaveLength(2);
  stopped = false;
  send(shell, 'SIGINT');
  expect(shell.exits).toEqual([130]);
});

it('takes the echo of a Ctrl-C, and a terminal lost twice, for one', () => {
  const shell = new FakeShell();
  using output = new Output(shell, {});
  using _ = new Interruption(shell, output);
  for (const name of ['SIGINT', 'SIGINT'] as const) shell.signals.emit(name, name);
  send(shell, 'SIGHUP');
  expect(shell.exits).toEqual([]);
  send(shell, 'SIGINT');
  expect(shell.exits).toEqual([130]);
});

it('lets go of the signals', () => {
  const shell = new FakeShell();
  using output = new Output(shell, {});
  new Interruption(shell, output)[Symbol.dispose]();
  expect(shell.signals.eventNames()).toEqual([]);
});

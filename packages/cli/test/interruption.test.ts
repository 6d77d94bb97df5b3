import { expect, it } from 'vitest';
import { Interruption } from '../src/interruption.js';
import { Output } from '../src/output/output.js';
import { FakeShell } from './support/fake-shell.js';

it('cancels on the first signal, ends at once on the second', () => {
  const shell = new FakeShell();
  using output = new Output(shell, { progress: 'none' });
  using interruption = new Interruption(shell, output);
  shell.signals.emit('SIGINT', 'SIGINT');
  expect(interruption.signal.aborted).toBe(true);
  expect(interruption.signal.reason).toMatchObject({ code: 'ABORTED' });
  expect(shell.exits).toEqual([]);
  shell.signals.emit('SIGTERM', 'SIGTERM');
  expect(shell.exits).toEqual([130]);
});

it('only notes further signals while the guest is being handed over', () => {
  const shell = new FakeShell();
  using output = new Output(shell, { progress: 'none' });
  let stopped = true;
  using interruption = new Interruption(shell, output, { mustFinish: () => stopped });
  for (let times = 0; times < 3; times += 1) shell.signals.emit('SIGTERM', 'SIGTERM');
  expect(interruption.signal.aborted).toBe(true);
  expect(shell.exits).toEqual([]);
  expect(shell.err.text.match(/handed over/g)).toHaveLength(2);
  stopped = false;
  shell.signals.emit('SIGHUP', 'SIGHUP');
  expect(shell.exits).toEqual([130]);
});

it('lets go of the signals', () => {
  const shell = new FakeShell();
  using output = new Output(shell, {});
  new Interruption(shell, output)[Symbol.dispose]();
  expect(shell.signals.eventNames()).toEqual([]);
});

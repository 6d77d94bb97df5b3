import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutputOptions } from '../../src/options/output-options.js';
import { Output } from '../../src/output/output.js';
import { FakeShell } from '../support/fake-shell.js';
import { Screen } from '../support/screen.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const bulk = { type: 'progress', disk: 'vda', phase: 'bulk', round: 0, bytesPerSecond: 1024 } as const;

/** What stderr holds of a job that tells its phase and half of a disk. */
function watch(options: OutputOptions, terminal: boolean, env: Record<string, string> = {}): string {
  const shell = new FakeShell({ terminal, env });
  using output = new Output(shell, options);
  output.progress({ type: 'phase', phase: 'bulk' });
  output.progress({ ...bulk, bytesDone: 512, bytesLeft: 512 });
  vi.advanceTimersByTime(100);
  return shell.err.text;
}

describe('progress', () => {
  it.each([
    ['bars on a terminal', {}, true, {}, /vda.*50%/],
    ['plain lines elsewhere', {}, false, {}, /^\[ +0\.0 s\] bulk: /],
    ['plain lines on a terminal that cannot more', {}, true, { TERM: 'dumb' }, /^\[ +0\.0 s\] bulk: /],
    ['plain lines where asked for', { progress: 'plain' }, true, {}, /^\[ +0\.0 s\] bulk: /],
    ['bars where asked for', { progress: 'bar' }, false, {}, /vda.*50%/],
    ['nothing where asked for', { progress: 'none' }, true, {}, /^$/],
    ['nothing beside --json', { json: true }, false, {}, /^$/],
    ['nothing with --quiet', { quiet: true, progress: 'bar' }, true, {}, /^$/],
    ['block characters where the locale has them', {}, true, { LANG: 'C.UTF-8' }, /━/],
    ['ASCII where it does not', {}, true, { LANG: 'C.UTF-8', LC_ALL: 'C' }, /#+/],
  ] as const)('%s', (_, options, terminal, env, expected) => {
    expect(watch(options, terminal, env)).toMatch(expected);
  });

  it('draws at most ten times a second, and takes everything away at the end', () => {
    const shell = new FakeShell({ terminal: true });
    const screen = new Screen();
    let frames = 0;
    shell.err.write = (text) => {
      frames += 1;
      screen.write(text);
      return true;
    };
    const output = new Output(shell, {});
    output.progress({ type: 'phase', phase: 'bulk' });
    for (let ms = 0; ms < 1000; ms += 5) {
      output.progress({ ...bulk, bytesDone: ms, bytesLeft: 1000 - ms });
      vi.advanceTimersByTime(5);
    }
    expect(frames).toBeLessThanOrEqual(10);
    expect(screen.lines[1]).toMatch(/vda.*9\d%/);
    output.progress({ type: 'log', level: 'warning', message: 'mind\u0007' });
    expect(screen.lines[0]).toBe('warning: mind\\u{7}');
    output.endProgress();
    expect(screen.lines).toEqual(['warning: mind\\u{7}']);
    expect(screen.cursorHidden).toBe(false);
  });

  it('keeps to the window, of many disks too', () => {
    const shell = new FakeShell({ terminal: true });
    shell.err.rows = 6;
    using output = new Output(shell, {});
    output.progress({ type: 'phase', phase: 'bulk' });
    for (let disk = 0; disk < 9; disk += 1) {
      output.progress({ ...bulk, disk: `vd${disk}`, bytesDone: 1, bytesLeft: 1 });
    }
    vi.advanceTimersByTime(100);
    expect(shell.err.plain.trimEnd().split('\n')).toHaveLength(5);
    expect(shell.err.plain).toContain('and 6 more');
  });
});

describe('results', () => {
  it('are text or JSON, never both', async () => {
    for (const json of [false, true]) {
      const shell = new FakeShell();
      using output = new Output(shell, { json });
      await output.object({ type: 'result' });
      await output.text('text\n');
      await output.summary('summary\n');
      expect(shell.out.text).toBe(json ? '{"type":"result"}\n' : 'text\nsummary\n');
    }
  });

  it('with --quiet are only what was asked for', async () => {
    const shell = new FakeShell();
    using output = new Output(shell, { quiet: true });
    await output.text('text\n');
    await output.summary('summary\n');
    output.note('note');
    expect(shell.out.text).toBe('text\n');
    expect(shell.err.text).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import { Sink } from '../../src/output/sink.js';
import { FakeStream } from '../support/fake-shell.js';

describe('Sink', () => {
  it('discards what is written after the reader has gone away', async () => {
    const stream = new FakeStream();
    const sink = new Sink(stream, {});
    await sink.write('a');
    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await sink.write('b');
    sink.put('c');
    expect(stream.text).toBe('a');
    expect(sink.closed).toBe(true);
  });

  it('waits for room, and no longer once the reader has gone away', async () => {
    const stream = new FakeStream();
    stream.write = () => false;
    const sink = new Sink(stream, {});
    let written = 0;
    const count = (): number => ++written;
    const first = sink.write('a').then(count);
    const second = sink.write('b').then(count);
    await Promise.resolve();
    expect(written).toBe(0);
    stream.emit('drain');
    await first;
    stream.emit('error', new Error('write EPIPE'));
    await second;
    expect(written).toBe(2);
  });

  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j on a terminal: %s, colours are %s', (env, terminal, colours) => {
    expect(new Sink(new FakeStream(terminal), env).colors.isColorSupported).toBe(colours);
  });

  it('takes eighty columns where nobody tells', () => {
    const stream = new FakeStream();
    stream.columns = 0;
    expect(new Sink(stream, {}).columns).toBe(80);
  });
});

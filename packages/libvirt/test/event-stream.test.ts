import { describe, expect, it, vi } from 'vitest';
import { EventQueue } from '../src/event-stream.js';

const DONE = { done: true, value: undefined };

describe('a queue of events', () => {
  it('has no hole: who falls too far behind is told so in its place', async () => {
    const { queue, unsubscribe } = make(3);
    for (let i = 0; i < 5; i++) queue.push(i);
    expect(unsubscribe).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 3; i++) expect(await queue.next()).toEqual({ done: false, value: i });
    await expect(queue.next()).rejects.toThrow('too slow');
    expect(await queue.next()).toEqual(DONE);
  });

  it('gives each event to one of several reads that wait', async () => {
    const { queue } = make();
    const reads = Promise.all([queue.next(), queue.next(), queue.next()]);
    queue.push(1);
    queue.push(2);
    await queue.end();
    expect(await reads).toEqual([{ done: false, value: 1 }, { done: false, value: 2 }, DONE]);
  });

  it('ends once, and takes nothing after that', async () => {
    const { queue, unsubscribe } = make();
    queue.push(1);
    await queue.end({ error: new Error('first') });
    await queue.end({ error: new Error('second') });
    queue.push(2);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    await expect(queue.next()).rejects.toThrow('first');
    expect(await queue.next()).toEqual(DONE);
    expect(unsubscribe).toHaveBeenCalledTimes(1);
  });

  it('that is left does not tell what is left in it, nor that it cannot be unsubscribed', async () => {
    const { queue, unsubscribe } = make();
    unsubscribe.mockRejectedValue(new Error('the connection is gone'));
    queue.push(1);
    queue.push(2);
    for await (const event of queue) {
      expect(event).toBe(1);
      break;
    }
    expect(await queue.next()).toEqual(DONE);
    await queue[Symbol.asyncDispose]();
    expect(unsubscribe).toHaveBeenCalledTimes(1);
  });
});

function make(capacity = 10): {
  queue: EventQueue<number>;
  unsubscribe: ReturnType<typeof vi.fn<() => Promise<void>>>;
} {
  const unsubscribe = vi.fn<() => Promise<void>>().mockResolvedValue(undefined);
  const overflow = (): Error => new Error('too slow');
  return { queue: new EventQueue({ capacity, overflow, unsubscribe }), unsubscribe };
}

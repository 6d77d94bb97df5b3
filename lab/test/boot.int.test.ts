import { describe, expect, it } from 'vitest';
import { BootHung, startBooted } from '../src/boot.js';

describe('a guest that hangs in its boot', () => {
  it('is started once more', async () => {
    const hung = new BootHung('beat 1 of the guest: not within 45000 ms');
    const starts = [() => Promise.reject(hung), () => Promise.resolve('booted')];
    expect(await startBooted(async () => starts.shift()?.())).toBe('booted');
  });

  it('is given up when it hangs again, and at once for any other fault', async () => {
    const hung = new BootHung('beat 1 of the guest: not within 45000 ms');
    let starts = 0;
    const start = (error: Error) => () => {
      starts += 1;
      return Promise.reject(error);
    };
    await expect(startBooted(start(hung))).rejects.toBe(hung);
    expect(starts).toBe(2);
    const ended = new Error('source: ended (exit status 1)');
    await expect(startBooted(start(ended))).rejects.toBe(ended);
    expect(starts).toBe(3);
  });
});

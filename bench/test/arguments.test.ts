import { describe, expect, it } from 'vitest';
import { isAsked, parseArguments, UsageError } from '../src/arguments.js';

describe('parseArguments', () => {
  it('asks for everything, 4 GiB and five runs in shared memory by default', () => {
    expect(parseArguments([], true)).toMatchObject({
      scenarios: [],
      only: [],
      peers: [],
      size: 4 * 2 ** 30,
      runs: 5,
      json: false,
      directory: '/dev/shm',
    });
  });

  it('takes the system’s temporary folder where there is no shared memory', () => {
    expect(parseArguments([], false).directory).not.toBe('/dev/shm');
  });

  it('takes scenarios, peers and words more than once', () => {
    const given =
      '--scenario bulk --scenario tls --only a,b --only c --peer nbdcopy --size 1.5G --runs 9 --json';
    expect(parseArguments(given.split(' '), true)).toMatchObject({
      scenarios: ['bulk', 'tls'],
      only: [['a', 'b'], ['c']],
      peers: ['nbdcopy'],
      size: 1.5 * 2 ** 30,
      runs: 9,
      json: true,
    });
  });

  it.each([
    [['--runs', '0'], '--runs takes a whole number'],
    [['--runs', '2.5'], '--runs takes a whole number'],
    [['--runs', 'many'], '--runs takes a whole number'],
    [['--size', '0'], '--size takes whole MiB'],
    [['--size', '100K'], '--size takes whole MiB'],
    [['--size', 'much'], '--size takes whole MiB'],
    [['--frobnicate'], '--frobnicate'],
    [['bulk'], 'bulk'],
  ])('refuses %j and says why', (args, why) => {
    expect(() => parseArguments(args, true)).toThrow(UsageError);
    expect(() => parseArguments(args, true)).toThrow(why);
  });
});

describe('isAsked', () => {
  it('wants all words of one of the sets', () => {
    const only = [['unix-tcp', 'qemu-nbd'], ['own-servers']];
    expect(isAsked('unix-tcp,qemu-nbd', only)).toBe(true);
    expect(isAsked('unix-unix,own-servers', only)).toBe(true);
    expect(isAsked('unix-unix,qemu-nbd', only)).toBe(false);
  });

  it('wants whole words', () => {
    expect(isAsked('unix-tcp', [['tcp']])).toBe(false);
  });

  it('wants everything where nothing is said', () => {
    expect(isAsked('unix-tcp', [])).toBe(true);
  });
});

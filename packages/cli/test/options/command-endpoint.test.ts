import { describe, expect, it } from 'vitest';
import { commandOf, foldCommands } from '../../src/options/command-endpoint.js';

describe('[ COMMAND ARGUMENTS ]', () => {
  it('is one argument, with the options that are its own', () => {
    const args = ['copy', '--quiet', '[', 'nbdkit', '-r', '--json', 'a b', ']', '--', '[', 'x', ']'];
    const folded = foldCommands(args);
    expect(folded.map((arg) => commandOf(arg) ?? arg)).toEqual([
      'copy',
      '--quiet',
      ['nbdkit', '-r', '--json', 'a b'],
      '--',
      ['x'],
    ]);
  });

  it('leaves everything else as it is', () => {
    const args = ['copy', '[a', 'b]', '[]', ']', ''];
    expect(foldCommands(args)).toEqual(args);
    expect(args.map(commandOf)).toEqual(args.map(() => undefined));
  });

  it.each([[['copy', '[', 'nbdkit']], [['copy', '[', ']', 'b']]])(
    'is refused where it cannot be meant: %j',
    (args) => {
      expect(() => foldCommands(args)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );
});

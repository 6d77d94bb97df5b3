import { QemuPair, requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { startMigrationWith } from '../../src/migration.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');

/** The verifier's own test: a copy that is wrong has to be found. */
describe.skipIf(!lab.available)(`a copy with a fault built in ${lab.reason ?? ''}`, () => {
  for (const [what, sabotage] of [
    ['the last rounds left out', { skipLastRounds: true }],
    ['zeros skipped instead of written', { skipZeroes: true }],
  ] as const) {
    it(`is found damaged: ${what}`, async () => {
      await using pair = await QemuPair.start({ rateMiB: 24, dirtyTarget: true });
      await pair.source.waitBeats(2);
      const options = {
        from: pair.source.uri,
        to: pair.destination.uri,
        disks: ['vda', 'vdb'],
        unsafe: true,
      };
      await startMigrationWith(options, { sabotage }).done;
      await pair.destination.waitMoreBeats(1);
      await pair.end();
      const verdicts = [await pair.verify('destination', 'vda'), await pair.verify('destination', 'vdb')];
      expect(verdicts.map(({ status }) => status)).toContain('damaged');
    });
  }
});

import { describe, expect, it } from 'vitest';
import { collectGarbage } from './support/garbage.js';
import { isBuilt, open } from './support/libvirt.js';

describe.skipIf(!isBuilt)('memory stays flat', { timeout: 60_000 }, () => {
  it('over connections that are opened, used and closed', async () => {
    await afterWarmUp(async () => {
      const connection = await open();
      const [domain] = await connection.domains(0);
      await domain?.xml(0);
      await connection.close();
    });
  });

  it('over connections that are left to the garbage collector', async () => {
    await afterWarmUp(async () => {
      await (await open()).domains(0);
    });
  });

  it('over calls that fail', async () => {
    const connection = await open();
    await afterWarmUp(async () => {
      await connection.domainByName('nobody').catch(() => undefined);
    });
    await connection.close();
  });
});

/** Fails if `use`, done again and again, leaves more than a stray allocation now and then. */
async function afterWarmUp(use: () => Promise<void>): Promise<void> {
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await use();
      if (i % 100 === 0) await collectGarbage();
    }
    await collectGarbage();
    return process.memoryUsage.rss();
  };
  const before = await rounds(WARM_UP);
  expect((await rounds(ROUNDS)) - before).toBeLessThan(ROUNDS * BYTES_A_ROUND);
}

const WARM_UP = 500;
const ROUNDS = 1000;
/** Less than a connection has; what is smaller is found under the sanitizer. */
const BYTES_A_ROUND = 3072;

import { TypedParams } from '@blockferry/typed-params';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from './support/garbage.js';
import { isBuilt, open, testDomain } from './support/libvirt.js';
import { TestNode } from './support/test-node.js';

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

  it('over typed parameters that come and go', async () => {
    const connection = await open();
    const domain = await testDomain(connection);
    await afterWarmUp(async () => {
      const params = TypedParams.fromXdr(await domain.memoryParameters(0));
      await domain.setMemoryParameters(params.toXdr(), 0);
    });
    await connection.close();
  });

  it('over subscriptions, ended or not, and what they are told', async () => {
    await using node = new TestNode();
    await afterWarmUp(async () => {
      const connection = await open(node.uri);
      const domain = await connection.domainByName('first');
      const first = await connection.onDomainEvent(LIFECYCLE, null, () => undefined);
      await new Promise<void>((resolve) => {
        const subscribed = connection.onDomainEvent(LIFECYCLE, domain, () => resolve());
        void subscribed.then(() => domain.suspend());
      });
      await connection.offDomainEvent(first);
      await connection.close();
    });
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
/** Source: libvirt, include/libvirt/libvirt-domain.h. */
const LIFECYCLE = 0;

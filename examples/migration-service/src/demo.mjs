// @ts-check
import { createEmbeddedHost, startMigration } from '@blockferry/migrate';

/**
 * Starts the migration of a guest of our own between two hosts in this process, so that the service can be tried
 * without a hypervisor: `vda` and `vdb` move while the guest writes to them, `vdc` is left behind.
 *
 * @param {import('./requests.mjs').DemoRequest['options']} options
 * @returns {Promise<{ job: import('@blockferry/migrate').MigrationJob, close: () => Promise<void> }>}
 */
export async function startDemo(options) {
  const stack = /** @type {AsyncDisposable[]} */ ([]);
  const close = async () => {
    for (const resource of stack.reverse()) await resource[Symbol.asyncDispose]();
  };
  try {
    const source = await createEmbeddedHost({ name: 'source' });
    stack.push(source);
    const destination = await createEmbeddedHost({ name: 'destination' });
    stack.push(destination);
    await destination.awaitDomain({ disks: DISKS });
    const domain = await source.createDomain({ name: 'demo', disks: DISKS, writeRate: WRITE_RATE });
    stack.push(domain);
    const job = startMigration({
      disks: ['vda', 'vdb'],
      assumeShared: ['vdc'],
      ...options,
      from: domain,
      to: destination,
    });
    return { job, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const MIB = 1024 * 1024;
/** Bytes per second. */
const WRITE_RATE = 4 * MIB;
const DISKS = [
  { name: 'vda', size: 32 * MIB },
  { name: 'vdb', size: 32 * MIB },
  { name: 'vdc', size: 32 * MIB, idle: true },
];

import { expect, it, vi } from 'vitest';
import { openDomain, openHost, plan, startMigration } from '../../../src/index.js';

vi.mock('@blockferry/libvirt', () => {
  throw Object.assign(new Error("Cannot find package '@blockferry/libvirt'"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
});

const options = { from: 'qemu:///system', to: 'qemu+ssh://b.example/system', domain: 'vm1' };

it.each([
  ['openDomain', () => openDomain(options.from, { domain: 'vm1' }), 'source'],
  ['openHost', () => openHost(options.to), 'destination'],
  ['plan', () => plan(options), 'source'],
  ['startMigration', () => startMigration(options).done, 'source'],
] as const)('%s says what to install where the package for libvirt is missing', async (_, call, side) => {
  await expect(call()).rejects.toMatchObject({
    name: 'MigrationError',
    code: 'NOT_INSTALLED',
    message: expect.stringContaining('npm install @blockferry/libvirt'),
    side,
  });
});

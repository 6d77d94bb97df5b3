import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { requires } from '@blockferry/lab';
import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { expect } from 'vitest';

type Binding = typeof import('@blockferry/libvirt-native');

/** Whether the addon is there: `describe.skipIf(!isBuilt)`. With BLOCKFERRY_LAB=1 it has to be. */
export const isBuilt: boolean = lookForAddon();

const binding: Binding | undefined = isBuilt ? await import('@blockferry/libvirt-native') : undefined;

/** The addon; suites that use it are skipped where it is not built. */
export function addon(): Binding {
  if (!binding) throw new Error('the addon is not built');
  return binding;
}

/** Opens a connection without credentials; by default to what all connections of a process share. */
export function open(uri = 'test:///default'): Promise<BindingConnection> {
  return addon().connect(uri, { readOnly: false, credentialTypes: [] });
}

/** The domain that `test:///default` comes with; its connection is the caller's to close. */
export async function testDomain(connection: BindingConnection): Promise<BindingDomain> {
  return await connection.domainByName('test');
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => expect.unreachable('it was to be rejected'),
    (reason: unknown) => reason,
  );
}

function lookForAddon(): boolean {
  if (!requires('libvirt-headers').available) return false;
  const path = fileURLToPath(new URL('../../build/Release/blockferry_libvirt.node', import.meta.url));
  if (existsSync(path)) return true;
  const reason = 'the libvirt addon is not built (node native/libvirt/build.mjs says why)';
  if (process.env['BLOCKFERRY_LAB'] === '1') throw new Error(reason);
  process.stderr.write(`skipped, ${reason}\n`);
  return false;
}

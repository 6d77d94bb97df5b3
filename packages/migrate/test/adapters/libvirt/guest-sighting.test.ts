import type { DomainStatus } from '@blockferry/libvirt';
import { expect, it } from 'vitest';
import { guestOf } from '../../../src/adapters/libvirt/guest-sighting.js';

it.each<[DomainStatus, string | undefined, string, string]>([
  [{ state: 'running', reason: 'booted' }, undefined, 'running', 'running'],
  [{ state: 'running', reason: 'migrated' }, 'migration-out', 'migrating', 'running'],
  [{ state: 'running', reason: 'booted' }, 'backup', 'running', 'running'],
  [{ state: 'paused', reason: 'user' }, undefined, 'paused', 'paused'],
  [{ state: 'paused', reason: 'migration' }, 'migration-out', 'migrating', 'incoming'],
  [{ state: 'paused', reason: 'starting-up' }, undefined, 'migrating', 'incoming'],
  [{ state: 'paused', reason: 'postcopy-failed' }, undefined, 'migrating', 'incoming'],
  [{ state: 'shutoff', reason: 'migrated' }, undefined, 'absent', 'absent'],
  [{ state: 'crashed', reason: 'panicked' }, undefined, 'absent', 'absent'],
  [{ state: 'shutdown', reason: 'user' }, undefined, 'running', 'running'],
])('%o with the job %s is %s on the source, %s on the destination', (status, job, source, destination) => {
  expect(guestOf(status, job, 'source')).toBe(source);
  expect(guestOf(status, job, 'destination')).toBe(destination);
});

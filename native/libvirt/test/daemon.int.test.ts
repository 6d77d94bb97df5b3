import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { requires } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { LibvirtDaemon } from './support/daemon.js';
import { collectGarbageUntil } from './support/garbage.js';
import { isBuilt, open, rejection } from './support/libvirt.js';

const lab = requires('libvirt', 'libvirt-headers');

describe.skipIf(!lab.available || !isBuilt)(`a daemon ${lab.reason}`, () => {
  it('that is killed in the middle of a call fails the call, and the next daemon is connected to', async () => {
    await using daemon = await LibvirtDaemon.start();
    const connection = await open(daemon.uri);
    const lost = new Promise<number>((resolve) => connection.onClose(resolve));
    await daemon.freeze();
    const call = rejection(connection.domains(0));
    await daemon.kill();
    expect(await call).toMatchObject({ level: LEVEL_ERROR, code: expect.toBeOneOf(CONNECTION_ERRORS) });
    expect(await lost).toBe(END_OF_FILE);
    const late = new Promise<number>((resolve) => connection.onClose(resolve));
    expect(await late).toBe(END_OF_FILE);
    expect(await connection.isAlive()).toBe(false);
    expect(await rejection(connection.hostname())).toMatchObject({
      code: expect.toBeOneOf(CONNECTION_ERRORS),
    });
    await connection.close();

    await using next = await LibvirtDaemon.start();
    const again = await open(next.uri);
    expect(await again.domains(0)).toEqual([]);
    await again.close();
  });

  it('that hangs is given up after the keep-alive messages', async () => {
    await using daemon = await LibvirtDaemon.start();
    const connection = await open(daemon.uri);
    const lost = new Promise<number>((resolve) => connection.onClose(resolve));
    expect(await connection.setKeepAlive(1, 1)).toBe(true);
    await daemon.freeze();
    expect(await rejection(connection.hostname())).toMatchObject({
      code: expect.toBeOneOf(CONNECTION_ERRORS),
    });
    expect(await lost).toBe(KEEP_ALIVE);
    await connection.close();
  });

  it('that hangs has calls that are given up, which hold up neither others nor the end of the process', async () => {
    await using daemon = await LibvirtDaemon.start();
    const program = fileURLToPath(new URL('./fixtures/hung-calls.mjs', import.meta.url));
    const child = spawn(process.execPath, [program, daemon.uri], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      expect(await lines.next()).toEqual({ value: 'connected', done: false });
      await daemon.freeze();
      const ended = once(child, 'exit');
      child.stdin.end('the daemon hangs\n');
      expect(await lines.next()).toEqual({ value: 'alive', done: false });
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('has no connection left of those that were closed, forgotten or lost', async () => {
    await using daemon = await LibvirtDaemon.start();
    const first = await open(daemon.uri);
    const before = descriptors();
    const opened = await Promise.all(Array.from({ length: 10 }, () => open(daemon.uri)));
    expect(descriptors()).toBeGreaterThanOrEqual(before + 10);
    await Promise.all(opened.map((connection) => connection.close()));
    // The event loop closes them.
    await until(() => descriptors() === before);

    await Promise.all(Array.from({ length: 10 }, async () => (await open(daemon.uri)).domains(0)));
    await collectGarbageUntil(until(() => descriptors() === before));

    const lost = new Promise<number>((resolve) => first.onClose(resolve));
    await daemon.kill();
    await lost;
    await first.close();
    await until(() => descriptors() < before);
  });
});

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(setImmediate);
}

/** Source: libvirt, include/libvirt/virterror.h and libvirt-common.h. */
const LEVEL_ERROR = 2;
const CONNECTION_ERRORS = [1 /* INTERNAL_ERROR */, 38 /* SYSTEM_ERROR */, 39 /* RPC */];
const END_OF_FILE = 1;
const KEEP_ALIVE = 2;

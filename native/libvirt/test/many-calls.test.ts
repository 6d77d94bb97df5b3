import { describe, expect, it } from 'vitest';
import { addon, isBuilt, open, rejection } from './support/libvirt.js';
import { TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('many calls at once', () => {
  it('that take long do not hold up short ones', async () => {
    await using node = new TestNode({ user: 'astrid', password: 'secret' });
    const { promise: allAsked, resolve: tellAllAsked } = deferred();
    const refusals: (() => void)[] = [];
    const waiting = Array.from({ length: LONG_CALLS }, () =>
      addon().connect(node.uri, {
        readOnly: false,
        credentialTypes: [AUTH_NAME, PASSPHRASE],
        auth: (_, answer) => {
          refusals.push(() => answer(null));
          if (refusals.length === LONG_CALLS) tellAllAsked();
        },
      }),
    );
    const failures = Promise.all(waiting.map(rejection));
    await allAsked;

    const connection = await open();
    const domain = await connection.domainByName('test');
    const states = await Promise.all(Array.from({ length: 1000 }, () => domain.state()));
    expect(states.every(({ state }) => state === RUNNING)).toBe(true);
    await connection.close();

    for (const refuse of refusals) refuse();
    expect((await failures).every((failure) => (failure as { code: number }).code === AUTH_FAILED)).toBe(
      true,
    );
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const LONG_CALLS = 100;
/** Source: libvirt, include/libvirt/libvirt-host.h, libvirt-domain.h and virterror.h. */
const AUTH_NAME = 2;
const PASSPHRASE = 5;
const RUNNING = 1;
const AUTH_FAILED = 45;

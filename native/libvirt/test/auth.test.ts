import type { BindingConnectOptions, BindingCredential } from '@blockferry/libvirt-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectGarbageUntil } from './support/garbage.js';
import { addon, isBuilt, rejection } from './support/libvirt.js';
import { TestNode } from './support/test-node.js';

type Auth = NonNullable<BindingConnectOptions['auth']>;

describe.skipIf(!isBuilt)('credentials', () => {
  let node: TestNode;
  const open = (auth: Auth) =>
    addon().connect(node.uri, { readOnly: false, credentialTypes: [AUTH_NAME, PASSPHRASE], auth });

  beforeAll(() => {
    node = new TestNode({ user: 'astrid', password: 'secret' });
  });

  afterAll(() => node[Symbol.asyncDispose]());

  it('are asked for one after the other, and may be answered later', async () => {
    const asked: BindingCredential[] = [];
    const connection = await open((credentials, answer) => {
      asked.push(...credentials);
      setImmediate(() => answer(credentials.map(({ type }) => (type === AUTH_NAME ? 'astrid' : 'secret'))));
    });
    expect(asked).toEqual([
      {
        type: AUTH_NAME,
        prompt: 'Enter username for localhost',
        challenge: 'localhost',
        defaultResult: null,
      },
      {
        type: PASSPHRASE,
        prompt: "Enter astrid's password for localhost",
        challenge: null,
        defaultResult: null,
      },
    ]);
    expect((await connection.domains(0)).map(({ name }) => name).sort()).toEqual(['first', 'second']);
    await connection.close();
  });

  it('that are wrong are refused by libvirt', async () => {
    const answers: Auth = (asked, answer) => answer(asked.map(() => 'astrid'));
    expect(await rejection(open(answers))).toMatchObject({ code: AUTH_FAILED });
  });

  it.each<[string, Auth]>([
    ['refused', (_, answer) => answer(null)],
    ['left open', (asked, answer) => answer(asked.map(() => null))],
    [
      'not given for a throw',
      () => {
        throw new Error('no keyring');
      },
    ],
  ])('that are %s fail the connection', async (_, auth) => {
    expect(await rejection(open(auth))).toMatchObject({ code: AUTH_FAILED });
  });

  it('that nobody can answer any more are refused', async () => {
    const failure = rejection(open(() => undefined));
    expect(await collectGarbageUntil(failure)).toMatchObject({ code: AUTH_FAILED });
  });

  it('have one answer: a wrong one throws, a second one is ignored', async () => {
    const faults: unknown[] = [];
    const attempt = (call: () => void) => {
      try {
        call();
      } catch (error) {
        faults.push(error);
      }
    };
    const connection = await open((asked, answer) => {
      attempt(() => answer([]));
      attempt(() => answer([5 as never]));
      answer(asked.map(({ type }) => (type === AUTH_NAME ? 'astrid' : 'secret')));
      answer(null);
    });
    await connection.close();
    expect(faults.map(String)).toEqual([...WRONG_ANSWERS, ...WRONG_ANSWERS]);
  });

  it('are needed: without them libvirt does not let us in', async () => {
    const failure = await rejection(addon().connect(node.uri, { readOnly: false, credentialTypes: [] }));
    expect(failure).toMatchObject({ message: 'invalid argument: Missing authentication credentials' });
  });
});

const WRONG_ANSWERS = [
  'TypeError: expected an array with an answer for each credential for answers but received one of type object',
  'TypeError: expected string for answer but received 5 of type number',
];
/** Source: libvirt, include/libvirt/libvirt-host.h and virterror.h. */
const AUTH_NAME = 2;
const PASSPHRASE = 5;
const AUTH_FAILED = 45;

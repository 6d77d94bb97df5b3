import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { type CredentialRequest, connect, LibvirtError, libvirtVersion } from '../src/index.js';
import { rejection } from './support/rejection.js';
import { addon, openTestHost, writeTestHost } from './support/test-driver.js';

describe.skipIf(!addon.available)(`connecting ${addon.reason}`, () => {
  it('gives a connection to where the URI leads', async () => {
    await using connection = await connect('test:///default');
    expect(await connection.uri()).toBe('test:///default');
    expect(connection.isClosed).toBe(false);
  });

  it('goes where LIBVIRT_DEFAULT_URI leads when no URI is given', async () => {
    process.env['LIBVIRT_DEFAULT_URI'] = 'test:///default';
    try {
      await using connection = await connect();
      expect(await connection.uri()).toBe('test:///default');
    } finally {
      delete process.env['LIBVIRT_DEFAULT_URI'];
    }
  });

  it('knows the library', async () => {
    const { number, text } = await libvirtVersion();
    expect(number).toBeGreaterThanOrEqual(6_000_000);
    expect(text).toBe(`${Math.trunc(number / 1e6)}.${Math.trunc(number / 1000) % 1000}.${number % 1000}`);
    expect((await run('virsh', ['--version'])).stdout.trim()).toBe(text);
  });

  it('only to look refuses what changes something', async () => {
    await using connection = await openTestHost({ readOnly: true });
    const domain = await connection.domainByName('test');
    expect(await domain.isActive()).toBe(true);
    expect(await rejection(domain.suspend())).toMatchObject({ code: 'OPERATION_DENIED' });
  });

  it.each([
    ['qemu+unix:///system?socket=/nowhere', { code: 'SYSTEM_ERROR', domain: 'RPC', retryable: true }],
    ['test:///nowhere/host.xml', { code: 'SYSTEM_ERROR', retryable: false }],
    ['qemu+nothing:///system', { code: 'INVALID_ARG', retryable: false }],
    ['::', { code: 'INTERNAL_ERROR', retryable: false }],
  ])("to %s fails with libvirt's error", async (uri, expected) => {
    const error = await rejection(connect(uri));
    expect(error).toMatchObject({ ...expected, level: 'error' });
    expect(error.message).not.toBe('');
  });

  it.each([
    { intervalSeconds: 0, count: 3 },
    { intervalSeconds: 5, count: 0 },
    { intervalSeconds: 1.5, count: 3 },
    { intervalSeconds: 2 ** 31, count: 3 },
  ])('refuses a keep-alive of %o', async (keepAlive) => {
    expect(await rejection(connect('test:///default', { keepAlive }))).toMatchObject({ code: 'INVALID_ARG' });
  });

  it('goes without a keep-alive if told so', async () => {
    await using connection = await connect('test:///default', { keepAlive: false });
    expect(await connection.isAlive()).toBe(true);
  });

  it('is given up when aborted, before and meanwhile', async () => {
    const reason = new Error('enough');
    const early = await rejection(connect('test:///default', { signal: AbortSignal.abort(reason) }));
    expect(early).toMatchObject({ code: 'ABORTED', cause: reason });

    const abort = new AbortController();
    const running = rejection(connect('test:///default', { signal: abort.signal }));
    abort.abort(reason);
    expect(await running).toMatchObject({ code: 'ABORTED', cause: reason });
  });
});

describe.skipIf(!addon.available)(`authentication ${addon.reason}`, () => {
  const GUARDED = `<auth><user password='open sesame'>ali</user></auth>`;

  it('asks for what the driver wants, step by step', async () => {
    await using host = await writeTestHost(GUARDED);
    const asked: CredentialRequest[] = [];
    await using connection = await connect(host.uri, {
      auth: async (requests) => {
        asked.push(...requests);
        return requests.map(({ type }) => (type === 'authname' ? 'ali' : 'open sesame'));
      },
    });
    expect(await connection.isAlive()).toBe(true);
    expect(asked).toEqual([
      {
        type: 'authname',
        prompt: 'Enter username for localhost',
        challenge: 'localhost',
        defaultResult: undefined,
      },
      {
        type: 'passphrase',
        prompt: "Enter ali's password for localhost",
        challenge: undefined,
        defaultResult: undefined,
      },
    ]);
  });

  it('may be wrong', async () => {
    await using host = await writeTestHost(GUARDED);
    const wrong = connect(host.uri, { auth: (requests) => requests.map(() => 'ali') });
    expect(await rejection(wrong)).toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('is refused by null', async () => {
    await using host = await writeTestHost(GUARDED);
    const refused = connect(host.uri, { auth: () => null });
    expect(await rejection(refused)).toMatchObject({ code: 'AUTH_FAILED' });
  });

  it('that throws refuses, and is the cause', async () => {
    await using host = await writeTestHost(GUARDED);
    const cause = new Error('forgotten');
    const thrown = connect(host.uri, {
      auth: () => {
        throw cause;
      },
    });
    expect(await rejection(thrown)).toMatchObject({ code: 'AUTH_CANCELLED', cause });
  });

  it.each([[], ['ali', 'ali'], [1], [undefined], 'a', undefined].map((given) => [given]))(
    'does not take %o for an answer',
    async (given) => {
      await using host = await writeTestHost(GUARDED);
      const malformed = connect(host.uri, { auth: () => given as unknown as string[] });
      expect(await rejection(malformed)).toMatchObject({
        code: 'AUTH_CANCELLED',
        cause: { code: 'INVALID_ARG' },
      });
    },
  );

  it('is not waited for when aborted', async () => {
    await using host = await writeTestHost(GUARDED);
    const abort = new AbortController();
    const running = connect(host.uri, {
      signal: abort.signal,
      auth: () => {
        abort.abort('enough');
        return new Promise(() => {});
      },
    });
    expect(await rejection(running)).toMatchObject({ code: 'ABORTED', cause: 'enough' });
  });

  it('is not there unless given', async () => {
    await using host = await writeTestHost(GUARDED);
    expect(await rejection(connect(host.uri))).toMatchObject({
      code: 'INVALID_ARG',
      message: 'invalid argument: Missing authentication credentials',
    });
  });
});

describe('without libvirt', { timeout: 30_000 }, () => {
  it.each([
    ['whose package is missing', false, 'run "npm install @blockferry/libvirt-native".'],
    ['that was not built', true, 'npm rebuild @blockferry/libvirt-native'],
  ])('an addon %s is NOT_INSTALLED, which says what to do', async (_, isInstalled, advice) => {
    await using scratch = new Scratch();
    const modules = scratch.join('node_modules/@blockferry');
    await mkdir(modules, { recursive: true });
    await cp(fromHere('../dist'), scratch.join('dist'), { recursive: true });
    await symlink(fromHere('../../typed-params'), join(modules, 'typed-params'));
    if (isInstalled) {
      for (const file of ['package.json', 'index.js']) {
        await cp(fromHere(`../../../native/libvirt/${file}`), join(modules, 'libvirt-native', file));
      }
    }
    const program = `
      const { connect, LibvirtError, libvirtVersion } = await import(process.argv[1]);
      for (const call of [() => connect('test:///default'), libvirtVersion]) {
        await call().catch((error) => console.log(LibvirtError.is(error), error.code, error.message));
      }
    `;
    const args = ['--input-type=module', '--eval', program, scratch.join('dist/index.js')];
    const lines = (await run(process.execPath, args)).stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toMatch(/^true NOT_INSTALLED /);
      expect(line).toContain(advice);
    }
  });
});

it('has one error class, of whichever copy', () => {
  const error = new LibvirtError('NO_DOMAIN', 'Domain not found');
  expect(LibvirtError.is(error)).toBe(true);
  expect(LibvirtError.is({ [Symbol.for('@blockferry/libvirt.LibvirtError')]: true })).toBe(true);
  expect(LibvirtError.is(new Error('Domain not found'))).toBe(false);
  expect(LibvirtError.is(null)).toBe(false);
});

function fromHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

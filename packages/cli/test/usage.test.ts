import { describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { FakeShell } from './support/fake-shell.js';

const FROM_TO = ['--from', 'qmp+unix:///a', '--to', 'qmp+unix:///b'];

async function run(...args: string[]): Promise<{ status: number; shell: FakeShell }> {
  const shell = new FakeShell();
  return { status: await main(args, shell), shell };
}

describe('what cannot be meant ends with status 2 and names the culprit', () => {
  it.each([
    [['frobnicate'], 'frobnicate'],
    [['copy', 'a'], 'destination'],
    [['copy', 'a', 'b', 'c'], 'too many arguments'],
    [['copy', '', 'b'], 'source'],
    [['copy', 'a', 'b', '--frob'], '--frob'],
    [['copy', 'a', 'b', '--connections', '0'], '--connections'],
    [['copy', 'a', 'b', '--bandwidth', '3 parsecs'], '--bandwidth'],
    [['copy', 'a', 'null:', '--verify'], '--verify'],
    [['info', 'a', '--progress=loud'], '--progress'],
    [['serve', 'memory:1GiB'], '--listen'],
    [['serve', 'memory:lots', '--listen', 'nbd://h'], 'memory:lots'],
    [['serve', 'x', '--listen', 'nbd://h', '--granularity', '64K'], '--bitmap'],
    [['serve', 'x', '--listen', 'nbd://h', '--no-tls-verify-peer'], '--tls-creds'],
    [['copy', 'nbd://h', 'b', '--tls-creds', '/pki'], 'nbds://'],
    [['info', 'nbd://h', '--tls-creds', '/pki'], 'nbds://'],
    [['plan', '--from', 'qmp+unix:///a'], '--to'],
    [['plan', ...FROM_TO, '--source-nbd', 'nbds://h'], '--source-nbd'],
    [['migrate', ...FROM_TO, '--tls-hostname', 'h'], '--tls-creds'],
    [['migrate', ...FROM_TO, '--tls-creds', 'pki'], 'absolute'],
    [['plan', ...FROM_TO, '--port-range', '9-1'], '--port-range'],
    [['migrate', ...FROM_TO, '--migrate-disks', ''], '--migrate-disks'],
    [['migrate', ...FROM_TO, '--migrate-disks', 'vda,,vdb'], '--migrate-disks'],
    [['migrate', ...FROM_TO, '--migrate-disks', 'vda', '--no-disks'], '--no-disks'],
    [['migrate', ...FROM_TO, '--no-disks', '--param', 'migrate_disks=vda'], 'migrate_disks'],
    [['migrate', ...FROM_TO, '--param', 'migrate_disks='], '--param'],
    [['migrate', ...FROM_TO, '--param', 'bandwidth=fast'], 'bandwidth'],
    [['migrate', ...FROM_TO, '--disk-map', 'vda'], '--disk-map'],
    [['migrate', ...FROM_TO, '--timeout', '0'], '--timeout'],
    [['migrate', '--from', '/run/qmp.sock', '--to', 'qmp+unix:///b'], '--from'],
    [['migrate', '--from', 'qmp+unix:///a', '--to', 'nbd://b'], '--to'],
    [['migrate', ...FROM_TO, '--strategy', 'magic'], '--strategy'],
    [['demo', '--disks', '27'], '--disks'],
    [['demo', '--size', '0'], '--size'],
    [['completion'], 'shell'],
    [['completion', 'tcsh'], 'bash, zsh, fish'],
  ])('%j', async (args, culprit) => {
    const { status, shell } = await run(...args);
    expect(status).toBe(2);
    expect(shell.err.text).toContain(culprit);
    expect(shell.out.text).toBe('');
  });
});

describe('what is not built yet is refused, never ignored', () => {
  it.each([
    [['plan', ...FROM_TO, '--state-dir', '/var/lib']],
    [['plan', ...FROM_TO, '--strategy', 'mirror']],
    [['resume', 'abc', '--state-dir', '/x']],
    [['cancel', 'abc']],
    [['jobs']],
    [['jobs', 'show', 'abc', '--json']],
  ])('%j', async (args) => {
    const { status, shell } = await run(...args);
    expect(status).toBe(2);
    expect(shell.err.text).toContain('is not built yet');
  });
});

it('ends --json with a result on a usage error too', async () => {
  const parsing = await run('copy', 'a', '--json');
  expect(parsing.shell.objects).toEqual([
    {
      type: 'result',
      ok: false,
      exit: 2,
      error: { code: 'INVALID_ARGUMENT', message: "missing required argument 'destination'" },
    },
  ]);
  const unbuilt = await run('migrate', ...FROM_TO, '--state-dir', '/x', '--json');
  expect(unbuilt.shell.objects).toMatchObject([
    { type: 'result', exit: 2, error: { code: 'ARGUMENT_UNSUPPORTED' } },
  ]);
});

it('prints help and version on stdout, and ends with 0', async () => {
  const help = await run('--help');
  expect(help.status).toBe(0);
  expect(help.shell.out.text).toContain('migrate');
  expect(help.shell.out.text).not.toMatch(/resume|jobs/);
  const version = await run('--version');
  expect(version).toMatchObject({ status: 0 });
  expect(version.shell.out.text).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('without a command prints the help on stderr, and ends with 2', async () => {
  const { status, shell } = await run();
  expect(status).toBe(2);
  expect(shell.err.text).toContain('Usage:');
  expect(shell.out.text).toBe('');
});

describe('help as the value of an option lists what it takes, and runs nothing', () => {
  it.each([
    [['migrate', '--param', 'help'], 'migrate_disks '],
    [['plan', '--param=help', '--from', 'qmp+unix:///a'], 'tls.destination '],
    [['plan', '--quiet', '--flag', 'help'], 'NON_SHARED_DISK '],
    [['migrate', ...FROM_TO, '--flag=help'], 'ZEROCOPY '],
  ])('%j', async (args, name) => {
    const { status, shell } = await run(...args);
    expect(status).toBe(0);
    expect(shell.out.text).toContain(`\n${name}`);
    expect(shell.err.text).toBe('');
    expect(Math.max(...shell.out.text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('with type, unit, values, release and whether it goes without libvirt', async () => {
    const { shell } = await run('migrate', '--param', 'help');
    expect(shell.out.text).toMatch(
      /^migrate_disks {2,}string, repeats, since 1\.2\.17, on QEMU\n {4}A disk/m,
    );
    expect(shell.out.text).toMatch(/^bandwidth {2,}ullong, MiB\/s, 0 to \d+, since 1\.1\.0, on\n {29}QEMU$/m);
    expect(shell.out.text).toMatch(
      /^compression {2,}string, xbzrle\|mt\|zlib\|zstd, repeats, since 1\.3\.4$/m,
    );
    const flags = await run('migrate', '--flag', 'help');
    expect(flags.shell.out.text).toMatch(/^TLS {2,}0x10000, since 3\.2\.0\n {4}Memory/m);
  });

  it('as objects with --json', async () => {
    const { shell } = await run('plan', '--param', 'help', '--json');
    expect(shell.objects).toHaveLength(26);
    expect(shell.objects[4]).toEqual({
      type: 'parameter',
      name: 'bandwidth',
      valueType: 'ullong',
      unit: 'MiB/s',
      repeats: false,
      range: [0, 8_796_093_022_207],
      since: '1.1.0',
      qemu: true,
      meaning: expect.stringContaining('memory'),
    });
    expect(shell.objects.at(-1)).toEqual({ type: 'result', ok: true, exit: 0 });
    const flags = await run('plan', '--json', '--flag', 'help');
    expect(flags.shell.objects[1]).toMatchObject({ type: 'flag', name: 'PEER2PEER', value: 2, qemu: false });
  });

  it('but is no value of others, nor part of one', async () => {
    expect((await run('migrate', ...FROM_TO, '--param', 'help=1', '--strategy', 'help')).status).toBe(2);
  });
});

describe('the help of every command', () => {
  it.each(['demo', 'copy', 'verify', 'info', 'list', 'map', 'serve', 'plan', 'migrate'])(
    '%s has an example, fits 80 columns, and hides what is not built',
    async (command) => {
      const { status, shell } = await run(command, '--help');
      expect(status).toBe(0);
      expect(shell.out.text).toContain(`Example:\n  blockferry ${command} `);
      expect(shell.out.text).toContain('--json');
      expect(shell.out.text).not.toContain('--state-dir');
      expect(Math.max(...shell.out.text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    },
  );
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrationFlags, migrationSchema } from '@blockferry/typed-params';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/main.js';
import { FakeShell } from '../support/fake-shell.js';
import { InteractiveBash } from '../support/interactive-bash.js';

let folder: string;
let bash: InteractiveBash;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blockferry-completion-'));
  const shell = new FakeShell();
  await main(['completion', 'bash'], shell);
  writeFileSync(join(folder, 'script'), shell.out.text);
  writeFileSync(join(folder, 'vda one.img'), '');
  mkdirSync(join(folder, 'run'));
  bash = await InteractiveBash.start(folder, 'source ./script');
});

afterAll(async () => {
  await bash[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

describe('Tab in bash completes', () => {
  it.each([
    ['a command', 'blockferry mig', 'blockferry migrate '],
    ['an option', 'blockferry copy a b --target', 'blockferry copy a b --target-is-zero '],
    ['a choice', 'blockferry migrate --progress pl', 'blockferry migrate --progress plain '],
    ['a choice after "="', 'blockferry migrate --progress=pl', 'blockferry migrate --progress=plain '],
    ['a strategy', 'blockferry plan --strategy d', 'blockferry plan --strategy delegate '],
    ['a flag', 'blockferry migrate --flag AUTO', 'blockferry migrate --flag AUTO_CONVERGE '],
    ['a parameter, to go on', 'blockferry plan --param disks_p', 'blockferry plan --param disks_port='],
    ['one after "="', 'blockferry plan --param=graph', 'blockferry plan --param=graphics_uri='],
    ['its value', 'blockferry plan --param compression=zs', 'blockferry plan --param compression=zstd '],
    ['its value too', 'blockferry plan --param=compression=x', 'blockferry plan --param=compression=xbzrle '],
    ['the next one', 'blockferry plan --param a=b --flag LIV', 'blockferry plan --param a=b --flag LIVE '],
    ['a file', 'blockferry copy vda', 'blockferry copy vda\\ one.img '],
    ['a second file', 'blockferry verify nbd://h/x vd', 'blockferry verify nbd://h/x vda\\ one.img '],
    ['a path in a URI', 'blockferry plan --from qmp+unix:r', 'blockferry plan --from qmp+unix:run/'],
    ['a shell', 'blockferry completion b', 'blockferry completion bash '],
  ])('%s: %s', async (_, typed, completed) => {
    expect(await bash.complete(typed)).toEqual({ line: completed, listed: [] });
  });
});

describe('Tab in bash lists', () => {
  it('all commands but those that are not built', async () => {
    const { listed } = await bash.complete('blockferry ');
    expect(listed).toEqual(expect.arrayContaining(['copy', 'migrate', 'plan', 'completion', '--help']));
    expect(listed).not.toContain('resume');
  });

  it('all options of a command but those that are not built', async () => {
    const { listed } = await bash.complete('blockferry copy a b -');
    expect(listed).toEqual(
      ['--connections', '--requests', '--request-size', '--bandwidth', '--target-is-zero', '--no-extents']
        .concat(['--verify', '--tls-creds', '--json', '--quiet', '--progress', '--help'])
        .toSorted(),
    );
    const migrate = await bash.complete('blockferry migrate -');
    expect(migrate.listed).toContain('--tls-creds');
    expect(migrate.listed).not.toContain('--state-dir');
  });

  it("the flags and parameters of libvirt's tables", async () => {
    expect((await bash.complete('blockferry migrate --flag ')).listed).toEqual(
      [...Object.keys(migrationFlags), 'help'].toSorted(),
    );
    const { listed } = await bash.complete('blockferry migrate --param ');
    for (const name of Object.keys(migrationSchema)) expect(listed).toContain(`${name}=`);
  });

  it('what a parameter may be, right after its "="', async () => {
    const { listed } = await bash.complete('blockferry migrate --param compression=');
    expect(listed).toEqual(['mt', 'xbzrle', 'zlib', 'zstd']);
  });

  it('the files for an argument, not the options', async () => {
    expect((await bash.complete('blockferry copy ')).listed).toEqual(['one.img', 'run/', 'script', 'vda']);
  });
});

import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../checkout.js';
import { Consumer } from './consumer.js';

const LIBRARIES = ['typed-params', 'qmp', 'engine', 'nbd', 'libvirt', 'migrate'];
const PLATFORM = '@blockferry/engine-linux-x64-gnu';
const TOOLS = join(ROOT, 'node_modules', '.bin');

describe('the packages, installed from their tarballs', () => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.create();
  });
  afterAll(async () => {
    await consumer[Symbol.asyncDispose]();
  });

  it('hold what a user needs: a licence, a README, the sources that the maps name, and the addon just once', async () => {
    const addons: string[] = [];
    for (const { name } of consumer.tarballs) {
      const folder = consumer.path('node_modules', name);
      const files = await readdir(folder, { recursive: true });
      expect(files, name).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
      expect(
        files.filter((file) => /\.tsbuildinfo$|(^|\/)test(\/|$)|\.test\./.test(file)),
        name,
      ).toEqual([]);
      for (const map of files.filter((file) => file === 'dist/index.js.map' || file === 'dist/main.js.map')) {
        const { sources } = JSON.parse(await readFile(join(folder, map), 'utf8')) as { sources: string[] };
        for (const source of sources) expect(files, `${name}/${map}`).toContain(join(map, '..', source));
      }
      addons.push(...files.filter((file) => file.endsWith('.node')).map(() => name));
    }
    expect(addons).toEqual([PLATFORM]);
  });

  it('can be imported and required, and both give the same', async () => {
    const names = JSON.stringify(LIBRARIES.map((name) => `@blockferry/${name}`));
    await consumer.write(
      'import.mjs',
      `for (const name of ${names}) console.log(name, Object.keys(await import(name)).sort().join());`,
    );
    await consumer.write(
      'require.cjs',
      `for (const name of ${names}) console.log(name, Object.keys(require(name)).sort().join());`,
    );
    const imported = await consumer.run('node', ['import.mjs']);
    expect(imported.trim().split('\n')).toEqual(
      LIBRARIES.map((name) => expect.stringMatching(new RegExp(`^@blockferry/${name} \\w+`))),
    );
    expect(await consumer.run('node', ['require.cjs'])).toBe(imported);
  });

  it('have types that resolve with "nodenext", strictly, their declarations checked too', async () => {
    await consumer.write('use.ts', TYPED_USE);
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
    await consumer.run(join(TOOLS, 'tsc'), [...options, '--skipLibCheck', 'false', 'use.ts']);
  });

  it('bring a command that copies a file', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'blockferry ');
    await writeFile(consumer.path('disk.raw'), bytes);
    await consumer.run('npx', ['--offline', 'blockferry', 'copy', '--quiet', 'disk.raw', 'copy.raw']);
    expect(bytes.equals(await readFile(consumer.path('copy.raw')))).toBe(true);
    const { version } = JSON.parse(await readFile(join(ROOT, 'packages/cli/package.json'), 'utf8')) as {
      version: string;
    };
    expect((await consumer.run('npx', ['--offline', 'blockferry', '--version'])).trim()).toBe(version);
  });

  it("hold what libvirt's addon is built from, and say how where it is not built", async () => {
    const folder = consumer.path('node_modules/@blockferry/libvirt-native');
    const files = await readdir(folder, { recursive: true });
    const sources = await readdir(join(ROOT, 'native/libvirt/src'));
    const needed = ['binding.gyp', 'build.mjs', ...sources.map((name) => join('src', name))];
    expect(files).toEqual(expect.arrayContaining(needed));
    const connecting = `import('@blockferry/libvirt').then(({ connect }) => connect('test:///default'))
      .catch(({ code, message }) => console.log(code, message));`;
    expect(await consumer.run('node', ['-e', connecting])).toMatch(
      /^NOT_INSTALLED .*npm rebuild @blockferry\/libvirt-native/,
    );
  });

  it('are clean to publint and to "are the types wrong"', async () => {
    for (const { name, path } of consumer.tarballs) {
      const lint = consumer.run(join(TOOLS, 'publint'), ['run', path, '--strict']);
      const types = consumer.run(join(TOOLS, 'attw'), [path, '--profile', 'esm-only', '--quiet']);
      expect(await lint, name).toContain('All good!');
      await types;
    }
  });

  it('say which package is missing where npm has left the addon out', async () => {
    const folder = consumer.path('node_modules', PLATFORM);
    await rename(folder, `${folder}-away`);
    await expect(consumer.run('node', ['-e', 'import("@blockferry/nbd")'])).rejects.toThrow(
      `install ${PLATFORM}`,
    );
    await rename(`${folder}-away`, folder);
  });
});

/** The error expected on the last line shows that the types are not `any`. */
const TYPED_USE = `
import { TypedParams, migrationSchema } from '@blockferry/typed-params';
import { connectQmp } from '@blockferry/qmp';
import { copy, type CopyResult } from '@blockferry/nbd';
import { connect, type Domain } from '@blockferry/libvirt';
import { startMigration, type MigrationJob } from '@blockferry/migrate';
import type { BindingExport } from '@blockferry/engine';

const params = TypedParams.from({ migrate_disks: ['vda'], bandwidth: 3n }, migrationSchema);
const disks: string[] = params.getAll('migrate_disks');
export async function use(): Promise<MigrationJob> {
  await using qemu = await connectQmp('qmp+unix:///run/vm.qmp');
  const running: boolean = (await qemu.execute('query-status')).running;
  const copied: CopyResult = await copy('a.raw', 'b.raw').done;
  return startMigration({ from: qemu.greeting.version.package, to: '', disks, verify: running, bandwidth: copied.bytesMoved });
}
export async function guests(): Promise<Domain[]> {
  await using connection = await connect('qemu:///system');
  return connection.domains(['ACTIVE']);
}
export const size = (exported: BindingExport): number => exported.size;
// @ts-expect-error
startMigration({ from: 1, to: '' });
startMigration({ from: '', to: '', params: { migrate_disks: ['vda'], bandwidth: 3n } });
// @ts-expect-error: misspelled
startMigration({ from: '', to: '', params: { migrate_disk: ['vda'] } });
`;

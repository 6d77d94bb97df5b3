import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Scratch } from '@blockferry/lab';
import { ROOT } from '../checkout.js';

export interface Tarball {
  readonly name: string;
  readonly path: string;
}

/** A folder outside the checkout with every public package installed from its tarball, as a user would have it. */
export class Consumer implements AsyncDisposable {
  readonly tarballs: readonly Tarball[];
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch, tarballs: readonly Tarball[]) {
    this.#scratch = scratch;
    this.tarballs = tarballs;
  }

  static async create(): Promise<Consumer> {
    const scratch = new Scratch();
    try {
      const packed = scratch.join('packed');
      await execute(ROOT, process.execPath, ['scripts/pack.mjs', packed]);
      const tarballs = (await readdir(packed)).map((name) => join(packed, name));
      const names = await install(scratch.join('consumer'), tarballs);
      return new Consumer(scratch, names);
    } catch (error) {
      await scratch[Symbol.asyncDispose]();
      throw error;
    }
  }

  path(...names: string[]): string {
    return this.#scratch.join('consumer', ...names);
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(this.path(name), text);
  }

  /** What a program wrote to stdout; rejects, with all of its output, when its exit status is not 0. */
  run(program: string, args: readonly string[]): Promise<string> {
    return execute(this.path(), program, args);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}

/** Makes a project that depends on the tarballs, and tells the name of the package in each. */
async function install(folder: string, tarballs: readonly string[]): Promise<Tarball[]> {
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  // What others have published comes from the checkout, so that no network is needed.
  const others = ['commander', 'picocolors', 'node-addon-api', '@types/node', 'undici-types'].map((name) =>
    join(ROOT, 'node_modules', name),
  );
  others.push(await standIn(join(folder, '..'), 'node-gyp'));
  // libvirt's addon is not built: that takes a minute, and is what the checkout's own is tested for.
  const flags = [
    '--offline',
    '--install-links',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  await execute(folder, 'npm', ['install', ...flags, ...tarballs, ...others]);
  const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).flatMap(([name, from]) => {
    const path = tarballs.find((tarball) => basename(tarball) === basename(from));
    return path === undefined ? [] : [{ name, path }];
  });
}

/** An empty package in place of one that nothing here runs, and that brings many others. */
async function standIn(parent: string, name: string): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = join(parent, name);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version }));
  return folder;
}

async function execute(cwd: string, program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      cwd,
      env: environment(),
      timeout: 120_000,
    });
    return stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout ?? ''}${stderr ?? ''}`);
  }
}

/** Without what the npm that runs these tests tells its children about the checkout. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
}

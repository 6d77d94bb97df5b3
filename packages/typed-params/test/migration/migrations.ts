import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LibvirtPair, run } from '@blockferry/lab';
import { type MigrationFlag, migrationFlags, type TypedParam } from '../../src/index.js';

/** A migration to ask for. */
export interface Call {
  readonly params: readonly TypedParam[];
  readonly flags: readonly MigrationFlag[];
}

/** How libvirt refused it; code 0 if it did not. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** The program beside this file, which is compiled here: it asks the real libvirt for migrations of a pair's guest. */
export class Migrations {
  readonly #pair: LibvirtPair;
  readonly #program: string;

  private constructor(pair: LibvirtPair, program: string) {
    this.#pair = pair;
    this.#program = program;
  }

  static async compile(pair: LibvirtPair): Promise<Migrations> {
    const program = join(pair.directory, 'migrate');
    const { stdout } = await run('pkg-config', ['--cflags', '--libs', 'libvirt']);
    const source = fileURLToPath(new URL('libvirt/migrate.c', import.meta.url));
    const options = ['-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wconversion', '-Werror'];
    await run('gcc', [...options, '-o', program, source, ...stdout.trim().split(/\s+/)]);
    return new Migrations(pair, program);
  }

  /** Makes the calls, one after the other. */
  async ask(calls: readonly Call[]): Promise<Refusal[]> {
    const file = join(this.#pair.directory, 'calls');
    await writeFile(file, calls.map((call) => `${toLine(call)}\n`).join(''));
    const { source, destination, domain } = this.#pair;
    const { stdout } = await run(this.#program, [source.uri, destination.uri, domain, file]);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, code, message = ''] = /^(\d+) ?(.*)$/.exec(line) ?? [];
        return { code: Number(code), message };
      });
  }
}

function toLine({ params, flags }: Call): string {
  const value = flags.reduce((sum, flag) => sum + 2 ** migrationFlags[flag].bit, 0);
  const texts = params.map((param) => `${param.name}=${TYPES.indexOf(param.type)}=${param.value}`);
  return [value, ...texts].join(' ');
}

/** By libvirt's numbers. */
const TYPES = ['', 'int', 'uint', 'llong', 'ullong', 'double', 'boolean', 'string'];

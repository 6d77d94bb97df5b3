import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LibvirtPair } from './libvirt-pair.js';
import { run } from './process.js';

/** One of libvirt's six migration calls, with its arguments. */
export interface MigrationCall {
  /** As in `virDomainMigrateToURI3`. */
  readonly call: 'migrate' | 'migrate2' | 'migrate3' | 'migrateToURI' | 'migrateToURI2' | 'migrateToURI3';
  /** libvirt's bits. */
  readonly flags: number;
  /** In MiB per second, of the four old calls. */
  readonly bandwidth?: number;
  /** The arguments that are strings, in the call's order; null and what is left out is NULL. */
  readonly texts?: readonly (string | null)[];
  /** Of the two new calls. */
  readonly params?: readonly CallParam[];
}

/** A typed parameter; its type by the name that libvirt has for it. */
export interface CallParam {
  readonly name: string;
  readonly type: string;
  readonly value: string | number | bigint | boolean;
}

/** How libvirt refused a call, by its own numbers; code 0 if it did not. */
export interface Refusal {
  readonly code: number;
  readonly domain: number;
  readonly message: string;
}

/** Whom to ask, where it is not the pair's guest and its two hosts. */
export interface Asked {
  readonly domain?: string;
  /** URIs. */
  readonly source?: string;
  readonly destination?: string;
}

/** libvirt's own calls on a pair's hosts, made by a C program: what it says is what any binding has to say. */
export class MigrationCalls {
  readonly #pair: LibvirtPair;
  readonly #program: string;

  private constructor(pair: LibvirtPair, program: string) {
    this.#pair = pair;
    this.#program = program;
  }

  /** Compiles the program: see `requires('libvirt-headers', 'gcc')`. */
  static async compile(pair: LibvirtPair): Promise<MigrationCalls> {
    const program = join(pair.directory, 'migrate');
    const { stdout } = await run('pkg-config', ['--cflags', '--libs', 'libvirt']);
    const options = ['-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wconversion', '-Werror'];
    await run('gcc', [...options, '-o', program, SOURCE, ...stdout.trim().split(/\s+/)]);
    return new MigrationCalls(pair, program);
  }

  /** Makes the calls, one after the other. */
  async ask(calls: readonly MigrationCall[], asked: Asked = {}): Promise<Refusal[]> {
    const { directory, source, destination } = this.#pair;
    const file = join(directory, 'calls');
    await writeFile(file, calls.map((call) => `${toLine(call)}\n`).join(''));
    const whom = [
      asked.source ?? source.uri,
      asked.destination ?? destination.uri,
      asked.domain ?? this.#pair.domain,
    ];
    const { stdout } = await run(this.#program, [...whom, file]);
    return stdout.split('\0').slice(0, -1).map(toRefusal);
  }
}

function toLine({ call, flags, bandwidth = 0, texts = [], params = [] }: MigrationCall): string {
  const four = [0, 1, 2, 3].map((index) => texts[index] ?? null);
  const fields = [
    ...[call, flags, bandwidth],
    ...four.map((text) => (text === null ? '-' : `=${text}`)),
    ...params.map(({ name, type, value }) => `${name}=${TYPES.indexOf(type)}=${value}`),
  ];
  const line = fields.join('\t');
  if (line.includes('\n') || line.split('\t').length !== fields.length) {
    throw new RangeError(`tabs and ends of lines cannot be passed: ${line}`);
  }
  return line;
}

function toRefusal(answer: string): Refusal {
  const [code, domain, ...message] = answer.split('\t');
  return { code: Number(code), domain: Number(domain), message: message.join('\t') };
}

/** By libvirt's numbers. */
const TYPES: readonly string[] = ['', 'int', 'uint', 'llong', 'ullong', 'double', 'boolean', 'string'];

const SOURCE = fileURLToPath(new URL('../libvirt/migrate.c', import.meta.url));

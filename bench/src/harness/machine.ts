import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { findPeer } from './installed.js';

/** On what it was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  /** Bytes. */
  readonly memory: number;
  /** Of the data: type and folder. */
  readonly fileSystem: string;
  /** By program; what is not installed says so. */
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(directory: string): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    kernel: `Linux ${release()}`,
    memory: totalmem(),
    fileSystem: `${firstLine('stat', ['--file-system', '--format=%T', directory])} at ${directory}`,
    versions: {
      blockferry: packageVersion(new URL('../../../packages/cli/package.json', import.meta.url)),
      node: process.version,
      ...Object.fromEntries(PROGRAMS.map(([name, ...args]) => [name, firstLine(name, args)])),
      '@vates/nbd-client': peerVersion('@vates/nbd-client'),
    },
  };
}

function firstLine(program: string, args: readonly string[]): string {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  const [line = ''] = (stdout ?? '').split('\n');
  return status === 0 ? line.trim() : NOT_INSTALLED;
}

function peerVersion(name: string): string {
  const manifest = findPeer(name);
  return manifest === undefined ? NOT_INSTALLED : packageVersion(manifest);
}

function packageVersion(file: URL | string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const NOT_INSTALLED = 'not installed';
const PROGRAMS = [
  ['nbdcopy', '--version'],
  ['qemu-img', '--version'],
  ['qemu-nbd', '--version'],
  ['nbdkit', '--version'],
  ['qemu-system-x86_64', '--version'],
  ['fio', '--version'],
  ['cargo', '--version'],
] as const;

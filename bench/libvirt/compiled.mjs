// Programs of this folder, built against the machine's libvirt in a folder that goes with them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The path of a source file's program, which is removed when Node ends; a C++ one has the addon's files that are named
 * with it. Needs gcc, pkg-config and libvirt's headers.
 */
export function compiled(source, addonFiles = []) {
  const folder = mkdtempSync(join(tmpdir(), 'blockferry-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  const program = join(folder, 'program');
  const sources = [new URL(source, import.meta.url), ...addonFiles.map((file) => new URL(file, ADDON))];
  const libvirt = execFileSync('pkg-config', ['--cflags', '--libs', 'libvirt'], { encoding: 'utf8' });
  const [compiler, ...language] = source.endsWith('.cc') ? ['g++', '-std=c++20'] : ['gcc'];
  execFileSync(compiler, [
    ...language,
    ...['-O3', '-Wall', '-Wextra', '-I', fileURLToPath(ADDON), '-o', program],
    ...sources.map((url) => fileURLToPath(url)),
    ...libvirt.trim().split(/\s+/),
  ]);
  return program;
}

const ADDON = new URL('../../native/libvirt/src/', import.meta.url);

// C programs of this folder, built against the machine's libvirt in a folder that goes with them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program of a source file here; `close` removes it. Needs gcc, pkg-config and libvirt's headers. */
export function compiled(source) {
  const folder = mkdtempSync(join(tmpdir(), 'blockferry-bench-'));
  const path = join(folder, 'program');
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libvirt'], { encoding: 'utf8' });
    const file = fileURLToPath(new URL(source, import.meta.url));
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-o', path, file, ...flags.trim().split(/\s+/)]);
  } catch (cause) {
    close();
    throw cause;
  }
  return { path, close };
}

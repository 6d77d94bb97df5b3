import type { ImageFormat } from './image-format.js';
import { type RunResult, run } from './process.js';

/** `nbdinfo --json URI`, parsed. */
export async function nbdinfo(uri: string, ...options: string[]): Promise<unknown> {
  const { stdout } = await run('nbdinfo', ['--json', ...options, uri]);
  return JSON.parse(stdout);
}

/** `nbdcopy SOURCE DESTINATION`. */
export function nbdcopy(source: string, destination: string, ...options: string[]): Promise<RunResult> {
  return run('nbdcopy', [...options, source, destination]);
}

/** A program for Debian's Python, which has libnbd's module `nbd`; `args` are its `sys.argv[1:]`. */
export function python(program: string, ...args: string[]): Promise<RunResult> {
  return run(SYSTEM_PYTHON, ['-c', program, ...args]);
}

/** `qemu-img ...`. */
export function qemuImg(...args: string[]): Promise<RunResult> {
  return run('qemu-img', args);
}

/** `qemu-io` on an image or an NBD URI, one command after the other, such as `write -P 7 1M 64k`. */
export function qemuIo(
  image: string,
  commands: readonly string[],
  format: ImageFormat = 'raw',
): Promise<RunResult> {
  return run('qemu-io', ['-f', format, ...commands.flatMap((command) => ['-c', command]), image]);
}

/** Not another one that comes first in the path: Debian's modules are its alone. */
export const SYSTEM_PYTHON = '/usr/bin/python3';

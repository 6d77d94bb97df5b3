import type { Console } from './beats.js';

/** The emulated guest has said nothing for far longer than it takes to boot. */
export class BootHung extends Error {
  override readonly name = 'BootHung';
}

/** Resolves once the guest writes; rejects with `BootHung`, or with what it has to complain about. */
export async function booted(console: Console): Promise<void> {
  try {
    await console.until(1, BOOT_TIMEOUT_MS);
  } catch (error) {
    if (console.isClosed) throw error;
    throw new BootHung((error as Error).message, { cause: error });
  }
  if (console.complaints.length > 0) throw new Error(console.complaints.join('\n'));
}

/**
 * Starts something with a guest; if that hangs in its boot, once more from the beginning. An emulated kernel does so
 * now and then (seen with QEMU 7.2 on a busy machine, once in some hundred boots), and no test here is about booting.
 */
export async function startBooted<T>(start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof BootHung)) throw error;
    process.stderr.write(`starting a guest again: ${error.message}\n`);
    return start();
  }
}

/** Some 4 s are usual, some 15 s on a machine with much else to do. */
const BOOT_TIMEOUT_MS = 45_000;

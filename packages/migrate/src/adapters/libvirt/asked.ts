import type { LibvirtErrorCode } from '@blockferry/libvirt';
import type { Side } from '../../error-code.js';
import { toMigrationError } from '../../failure.js';
import { isLibvirtError } from '../../libvirt-error.js';

/** What libvirt answers, or `undefined` where it fails with one of these codes, and not for a lost connection. */
export async function unless<T>(
  codes: readonly LibvirtErrorCode[],
  answer: Promise<T>,
): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isLibvirtError(error) && codes.includes(error.code) && !error.retryable) return undefined;
    throw error;
  }
}

/** What a side answers; a failure is that side's. */
export async function ofSide<T>(side: Side, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw toMigrationError(error, { side });
  }
}

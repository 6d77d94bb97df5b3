import type { LibvirtErrorCode } from '@blockferry/libvirt';
import { isLibvirtError } from '../../libvirt-error.js';

/** What libvirt answers, or `undefined` where it fails with one of these codes. */
export async function unless<T>(
  codes: readonly LibvirtErrorCode[],
  answer: Promise<T>,
): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isLibvirtError(error) && codes.includes(error.code)) return undefined;
    throw error;
  }
}

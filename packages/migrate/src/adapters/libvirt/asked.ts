import type { LibvirtError, LibvirtErrorCode } from '@blockferry/libvirt';

/** What libvirt answers, or `undefined` where it fails with one of these codes. */
export async function unless<T>(codes: readonly LibvirtErrorCode[], answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isLibvirtError(error) && codes.includes(error.code)) return undefined;
    throw error;
  }
}

/** Known by its brand, for its package is loaded only where it is needed. */
export function isLibvirtError(error: unknown): error is LibvirtError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

const BRAND: unique symbol = Symbol.for('@blockferry/libvirt.LibvirtError') as never;

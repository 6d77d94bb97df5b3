import type { LibvirtError } from '@blockferry/libvirt';

/** Whether an error is `@blockferry/libvirt`'s, known by its brand: that package is loaded only where it is needed. */
export function isLibvirtError(error: unknown): error is LibvirtError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

const BRAND: unique symbol = Symbol.for('@blockferry/libvirt.LibvirtError') as never;

import type * as Binding from '@blockferry/libvirt-native';
import { LibvirtError } from './error.js';

/**
 * The addon, which is loaded when it is needed first, so that programs run where libvirt is not.
 *
 * @throws {LibvirtError} `NOT_INSTALLED` where it cannot be loaded.
 */
export async function loadBinding(): Promise<typeof Binding> {
  try {
    return await import('@blockferry/libvirt-native');
  } catch (cause) {
    throw notInstalled(cause);
  }
}

function notInstalled(cause: unknown): LibvirtError {
  // The addon's loader says by itself what to install; where npm left the whole package out it cannot.
  const message =
    isMissing(cause) || !(cause instanceof Error)
      ? 'libvirt: URIs need the package @blockferry/libvirt-native: run "npm install @blockferry/libvirt-native".'
      : cause.message;
  return new LibvirtError('NOT_INSTALLED', message, { cause });
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
}

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
  const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
  const message =
    "libvirt cannot be used from here: the addon for it is not built, or libvirt's library is missing. Install " +
    "libvirt's headers and what builds an addon (Debian, Ubuntu: libvirt-dev, pkg-config, g++, make, python3; Fedora: " +
    'libvirt-devel, pkgconf, gcc-c++, make, python3), then run "npm rebuild @blockferry/libvirt-native", in a checkout ' +
    `"npm run setup". (${why})`;
  return new LibvirtError('NOT_INSTALLED', message, { cause });
}

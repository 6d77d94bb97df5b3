// Loads the addon that `npm run build` makes.
import { createRequire } from 'node:module';

const native = load();

export const { connect, version } = native;

function load() {
  try {
    return createRequire(import.meta.url)('./build/Release/blockferry_libvirt.node');
  } catch (error) {
    throw new Error(`blockferry's libvirt binding cannot be loaded: ${remedy(error)}`, { cause: error });
  }
}

function remedy(error) {
  const [reason] = error.message.split('\n', 1);
  if (error.code === 'MODULE_NOT_FOUND') {
    return (
      'it was not built. Install what it is built from (Debian: apt install libvirt-dev pkg-config g++ make python3; ' +
      'Fedora: dnf install libvirt-devel pkgconf gcc-c++ make python3) and run "npm rebuild @blockferry/libvirt-native", ' +
      'in a checkout "npm run setup".'
    );
  }
  if (/libvirt/.test(reason)) {
    return `libvirt's library is missing (Debian: apt install libvirt0; Fedora: dnf install libvirt-libs): ${reason}`;
  }
  return reason;
}

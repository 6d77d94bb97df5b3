import { InvalidArgumentError } from 'commander';

/** Where a guest is or goes to: a QEMU's monitor (`qmp+unix:///path`, `qmp+tcp://host:port`), or a libvirt URI. */
export function parseHostUri(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || NO_HOST.test(scheme)) {
    throw new InvalidArgumentError(
      'Give a monitor, such as qmp+unix:///run/vm/qmp.sock or qmp+tcp://host:4444, or a libvirt URI, such as qemu:///system.',
    );
  }
  return text;
}

/** Whether it is a QEMU's monitor, and not libvirt's to open. */
export function isMonitor(uri: string): boolean {
  return uri.toLowerCase().startsWith('qmp+');
}

/** What people paste here, and no libvirt driver is called; any other scheme is libvirt's to know. */
const NO_HOST = /^(nbds?(\+unix)?|https?|file|unix|tcp|ssh)$/;

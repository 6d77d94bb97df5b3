import { InvalidArgumentError } from 'commander';
import { notBuilt } from '../usage-error.js';

/** A monitor's URI: `qmp+unix:///path` or `qmp+tcp://host:port`. Other schemes are libvirt's. */
export function parseHostUri(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw new InvalidArgumentError('Give a URI such as qmp+unix:///run/vm/qmp.sock or qmp+tcp://host:4444.');
  }
  if (!SCHEMES.has(scheme)) {
    throw notBuilt(
      `Migration over libvirt (${text})`,
      'give the monitors of two QEMUs, such as qmp+unix:///path',
    );
  }
  return text;
}

const SCHEMES: ReadonlySet<string> = new Set(['qmp+unix', 'qmp+tcp']);

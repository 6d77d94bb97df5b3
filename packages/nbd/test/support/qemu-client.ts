import type { NbdServer } from '../../src/index.js';

/** The arguments that give QEMU and its tools a folder's certificates, as `tls0`; `more` such as `,priority=NORMAL`. */
export function qemuCredentials(folder: string, more = ''): string[] {
  return ['--object', `tls-creds-x509,id=tls0,dir=${folder},endpoint=client${more}`];
}

/** The options of a block node on a server, each with a prefix; with `tls0` where the server demands TLS. */
export function qemuNode(server: NbdServer, prefix = ''): string {
  const { uri } = server;
  const socket = new URLSearchParams(uri.slice(uri.indexOf('?'))).get('socket');
  const options = [
    'driver=nbd',
    ...(socket === null
      ? ['server.type=inet', 'server.host=127.0.0.1', `server.port=${/:(\d+)\//.exec(uri)?.[1]}`]
      : ['server.type=unix', `server.path=${socket}`]),
    ...(uri.startsWith('nbds') ? ['tls-creds=tls0', 'tls-hostname=localhost'] : []),
  ];
  return options.map((option) => `${prefix}${option}`).join(',');
}

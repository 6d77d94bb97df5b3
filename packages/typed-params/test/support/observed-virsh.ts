import { join } from 'node:path';
import {
  type LibvirtPair,
  RecordingProxy,
  type RpcMessage,
  run,
  type Side,
  splitMessages,
  uriOf,
} from '@blockferry/lab';

/** What went over the sockets of two libvirt hosts while virsh ran. */
export interface Observed {
  /** The command, with SOURCE and DESTINATION for the URIs of the hosts. */
  readonly command: string;
  /** By its clients: virsh and, in a peer-to-peer migration, the other host. */
  readonly saidTo: Readonly<Record<Side, readonly RpcMessage[]>>;
  /** To them. */
  readonly saidBy: Readonly<Record<Side, readonly RpcMessage[]>>;
  /** What virsh complained about. */
  readonly refusal: string;
}

/** Runs virsh on a host. In its arguments SOURCE and DESTINATION are replaced by the URIs of the hosts. */
export async function observeVirsh(
  pair: LibvirtPair,
  side: Side,
  args: readonly string[],
): Promise<Observed> {
  await using source = await proxyOf(pair, 'source');
  await using destination = await proxyOf(pair, 'destination');
  const proxies = { source, destination };
  const uris: Readonly<Record<string, string>> = {
    SOURCE: uriOf(source.socketPath),
    DESTINATION: uriOf(destination.socketPath),
  };
  const all = ['--connect', side.toUpperCase(), ...args];
  const { stderr } = await run(
    'virsh',
    all.map((arg) => uris[arg] ?? arg),
    { statuses: [0, 1] },
  );
  const messages = (at: Side, direction: 'sent' | 'received') =>
    proxies[at].recordings.flatMap((recording) => splitMessages(recording[direction]));
  const both = (direction: 'sent' | 'received') => ({
    source: messages('source', direction),
    destination: messages('destination', direction),
  });
  return {
    command: ['virsh', ...all].join(' '),
    saidTo: both('sent'),
    saidBy: both('received'),
    refusal: stderr.trim(),
  };
}

function proxyOf(pair: LibvirtPair, side: Side): Promise<RecordingProxy> {
  return RecordingProxy.start(join(pair.directory, `${side}-proxy.sock`), pair[side].socketPath);
}

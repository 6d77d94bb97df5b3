import { listeners } from './listeners.js';
import type { LabVm } from './qemu.js';

/** Everything on a QEMU that a migration could leave behind. Two of them compare with `toEqual`. */
export interface Leftovers {
  readonly exports: readonly string[];
  /** Node names, each with the names of its dirty bitmaps. */
  readonly nodes: Readonly<Record<string, readonly string[]>>;
  /** By guest device: the node that it stands on. A pivot or a snapshot changes that. */
  readonly roots: Readonly<Record<string, string>>;
  readonly jobs: readonly string[];
  /** User objects: TLS credentials, throttle groups, I/O threads. */
  readonly objects: readonly string[];
  /** Migration capabilities that are on. */
  readonly capabilities: readonly string[];
  readonly migrationParameters: Readonly<Record<string, unknown>>;
  /** Sockets on which the process listens: an NBD server and an incoming migration are among them. */
  readonly listeners: readonly string[];
}

/** Looks and changes nothing: a running NBD server shows by its socket, for QMP has no query for it. */
export async function leftovers(vm: LabVm): Promise<Leftovers> {
  const exports = await vm.cmd<{ id: string }[]>('query-block-exports');
  const nodes = await vm.cmd<BlockNode[]>('query-named-block-nodes', { flat: true });
  const blocks = await vm.cmd<Block[]>('query-block');
  const jobs = await vm.cmd<{ id: string; type: string }[]>('query-jobs');
  const objects = await vm.cmd<{ name: string }[]>('qom-list', { path: '/objects' });
  const capabilities = await vm.cmd<Capability[]>('query-migrate-capabilities');
  return {
    exports: exports.map((e) => e.id).sort(),
    nodes: sortedRecord(
      nodes.map((n) => [n['node-name'], (n['dirty-bitmaps'] ?? []).map(bitmapName).sort()]),
    ),
    roots: sortedRecord(blocks.map((b) => [b.qdev ?? b.device, b.inserted?.['node-name'] ?? ''])),
    jobs: jobs.map((job) => `${job.type} ${job.id}`).sort(),
    objects: objects.map((o) => o.name).sort(),
    capabilities: capabilities
      .filter((c) => c.state)
      .map((c) => c.capability)
      .sort(),
    migrationParameters: await vm.cmd<Record<string, unknown>>('query-migrate-parameters'),
    listeners: await listeners(vm.pid),
  };
}

interface Bitmap {
  readonly name?: string;
  readonly recording: boolean;
}

interface BlockNode {
  readonly 'node-name': string;
  readonly 'dirty-bitmaps'?: readonly Bitmap[];
}

interface Block {
  readonly device: string;
  readonly qdev?: string;
  readonly inserted?: { readonly 'node-name'?: string };
}

interface Capability {
  readonly capability: string;
  readonly state: boolean;
}

function bitmapName(bitmap: Bitmap): string {
  return `${bitmap.name ?? '(unnamed)'}${bitmap.recording ? '' : ' (disabled)'}`;
}

function sortedRecord<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

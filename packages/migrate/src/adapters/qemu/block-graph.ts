import type { BlockDeviceInfo, QmpClient } from '@blockferry/qmp';

/**
 * The block nodes of a QEMU, and which one stands on which: read from the statistics, the one query that tells the
 * edges and is the same from QEMU 7.2 to 10.0 (the graph's own query is for debugging, and its form may change).
 */
export class BlockGraph {
  readonly #nodes: ReadonlyMap<string, BlockDeviceInfo>;
  /** By node: the one that it stores its data in, or, a filter, passes requests on to. */
  readonly #children: ReadonlyMap<string, string>;

  static async query(qmp: QmpClient): Promise<BlockGraph> {
    const [nodes, stats] = await Promise.all([
      qmp.execute('query-named-block-nodes', { flat: true }),
      qmp.execute('query-blockstats', { 'query-nodes': true }),
    ]);
    return new BlockGraph(
      new Map(nodes.map((node) => [node['node-name'] ?? '', node])),
      new Map(stats.map((node) => [node['node-name'] ?? '', node.parent?.['node-name'] ?? ''])),
    );
  }

  private constructor(nodes: ReadonlyMap<string, BlockDeviceInfo>, children: ReadonlyMap<string, string>) {
    this.#nodes = nodes;
    this.#children = children;
  }

  node(name: string): BlockDeviceInfo | undefined {
    return this.#nodes.get(name);
  }

  /**
   * The first node from `root` on down that is no filter: what the image format shows. A copy through a throttle
   * filter would be throttled, and spend what the guest is allowed.
   */
  belowFilters(root: string): string {
    let name = root;
    // A graph has no circles; one that was read while it changed might seem to.
    for (let left = this.#nodes.size; left > 0; left--) {
      const child = this.#children.get(name);
      if (!child || !FILTERS.has(this.#nodes.get(name)?.drv ?? '')) return name;
      name = child;
    }
    return root;
  }
}

/**
 * Drivers that change no data and stand on one child alone. Quorum and blkverify have several.
 * Source: QEMU block/*.c, `is_filter`.
 */
const FILTERS: ReadonlySet<string> = new Set([
  'blkdebug',
  'blkreplay',
  'compress',
  'copy-before-write',
  'copy-on-read',
  'preallocate',
  'throttle',
]);

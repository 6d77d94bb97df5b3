import type { BlockInfo, BlockJobInfo, QmpClient } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { DiskPair } from '../../ports.js';
import { BlockGraph } from './block-graph.js';
import { type QemuDisk, virtualSize } from './disks.js';

/**
 * Whether the source is what it was at the start. An external snapshot, a resize or a foreign job moves or changes
 * the node that our bitmap sits on, and the bitmap goes on as if nothing had happened: only looking tells.
 */
export class SourceGuard {
  readonly #qmp: QmpClient;
  readonly #disks: readonly GuardedDisk[];
  #timer: NodeJS.Timeout | undefined;

  constructor(qmp: QmpClient, disks: readonly GuardedDisk[]) {
    this.#qmp = qmp;
    this.#disks = disks;
  }

  /**
   * Throws `SOURCE_CHANGED` unless each disk is as it was and no job works on the source, and, where `expected` is
   * given, each disk has that bitmap.
   */
  async check(expected?: ExpectedBitmap): Promise<void> {
    if (this.#disks.length === 0) return;
    const [drives, graph, jobs] = await Promise.all([
      this.#qmp.execute('query-block'),
      BlockGraph.query(this.#qmp),
      this.#qmp.execute('query-block-jobs'),
    ]);
    // QEMU does not tell which disk a job works on: any one may pull the node from under the bitmap.
    const job = jobs.find(isAtWork);
    if (job !== undefined) throw changed(undefined, `the block job ${job.device} (${job.type}) has begun`);
    for (const { disk, source } of this.#disks) {
      const drive = drives.find(({ qdev, device }) => (qdev ?? device) === source.id);
      const change = whatChanged(drive, graph, source, expected);
      if (change !== undefined) throw changed(disk, change);
    }
  }

  /** Checks again and again, so that hours of copying do not end in a surprise; `fail` is told once. */
  watch(expected: () => ExpectedBitmap, fail: (error: MigrationError) => void): void {
    if (this.#disks.length === 0) return;
    let looking = false;
    this.#timer = setInterval(async () => {
      if (looking) return;
      looking = true;
      try {
        await this.check(expected());
      } catch (error) {
        // A monitor that fails is found by those who need it.
        if (this.#timer === undefined || !isChange(error)) return;
        this.unwatch();
        fail(error);
      } finally {
        looking = false;
      }
    }, LOOK_MS);
  }

  unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What a failure comes from: the source's change, if there is one, else itself. */
  async explain(failure: unknown): Promise<unknown> {
    try {
      await this.check();
      return failure;
    } catch (error) {
      return isChange(error) ? error : failure;
    }
  }
}

/** Whether a job may still do something: one that has ended can wait for its dismissal as long as it likes. */
export function isAtWork({ status }: BlockJobInfo): boolean {
  return status !== 'concluded' && status !== 'null';
}

type GuardedDisk = Pick<DiskPair, 'disk'> & { readonly source: QemuDisk };

/** A bitmap of ours, and whether it records. */
export interface ExpectedBitmap {
  readonly name: string;
  readonly recording: boolean;
}

function whatChanged(
  drive: BlockInfo | undefined,
  graph: BlockGraph,
  source: QemuDisk,
  expected: ExpectedBitmap | undefined,
): string | undefined {
  if (drive === undefined) return 'it was unplugged';
  if (drive.inserted === undefined) return 'its medium was taken out';
  const { inserted } = drive;
  const root = inserted['node-name'] ?? '';
  if (root !== source.root) return `its root node was ${source.root} and is ${root || 'none'} (a snapshot?)`;
  const node = graph.belowFilters(root);
  if (node !== source.node)
    return `below its filters was the node ${source.node} and is ${node} (a snapshot?)`;
  const size = virtualSize(inserted);
  if (size !== source.size) return `it had ${source.size} bytes and has ${size}`;
  if (expected === undefined) return undefined;
  const { name, recording } = expected;
  const found = graph.node(node)?.['dirty-bitmaps']?.find((bitmap) => bitmap.name === name);
  if (found === undefined) return `its dirty bitmap ${name} is gone`;
  if (found.recording !== recording)
    return `its dirty bitmap ${name} ${recording ? 'does not record' : 'still records'}`;
  return undefined;
}

function changed(disk: string | undefined, what: string): MigrationError {
  return new MigrationError(
    'SOURCE_CHANGED',
    `${disk ?? 'The source'} changed during the migration: ${what}. What was copied cannot be trusted; start again.`,
    { side: 'source', disk },
  );
}

function isChange(error: unknown): error is MigrationError {
  return MigrationError.is(error) && error.code === 'SOURCE_CHANGED';
}

const LOOK_MS = 500;

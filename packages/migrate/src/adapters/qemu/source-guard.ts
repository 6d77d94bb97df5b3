import type { BlockInfo, QmpClient } from '@blockferry/qmp';
import { MigrationError } from '../../error.js';
import type { DiskPair } from '../../ports.js';
import { type QemuDisk, virtualSize } from './disks.js';

/**
 * Whether the source is what it was at the start. An external snapshot, a resize or a foreign job moves or changes
 * the node that our bitmap sits on, and the bitmap goes on as if nothing had happened: only looking tells.
 */
export class SourceGuard {
  #jobs: ReadonlySet<string> = new Set();
  readonly #qmp: QmpClient;
  readonly #disks: readonly (Pick<DiskPair, 'disk'> & { readonly source: QemuDisk })[];

  constructor(qmp: QmpClient, disks: readonly (Pick<DiskPair, 'disk'> & { readonly source: QemuDisk })[]) {
    this.#qmp = qmp;
    this.#disks = disks;
  }

  /** Notes the block jobs that run already: those are known, and no reason to stop. */
  async begin(): Promise<void> {
    if (this.#disks.length === 0) return;
    const jobs = await this.#qmp.execute('query-block-jobs');
    this.#jobs = new Set(jobs.map(({ device }) => device));
  }

  /** Throws `SOURCE_CHANGED` unless each disk is as it was and has the bitmap, recording or not. */
  async check(bitmap: string, recording: boolean): Promise<void> {
    if (this.#disks.length === 0) return;
    const [drives, jobs] = await Promise.all([
      this.#qmp.execute('query-block'),
      this.#qmp.execute('query-block-jobs'),
    ]);
    for (const { disk, source } of this.#disks) {
      const drive = drives.find(({ qdev, device }) => (qdev ?? device) === source.id);
      const change = whatChanged(drive, source, bitmap, recording);
      if (change !== undefined) throw changed(disk, change);
    }
    // QEMU does not tell which disk a job works on: any new one may pull the node from under the bitmap.
    const foreign = jobs.find(({ device }) => !this.#jobs.has(device));
    if (foreign !== undefined) throw changed(undefined, `the block job ${foreign.device} has begun`);
  }
}

function whatChanged(
  drive: BlockInfo | undefined,
  source: QemuDisk,
  bitmap: string,
  recording: boolean,
): string | undefined {
  if (drive?.inserted === undefined) return 'it is gone';
  const { inserted } = drive;
  if (inserted['node-name'] !== source.node) {
    return `its root node was ${source.node} and is ${inserted['node-name'] ?? 'none'} (a snapshot?)`;
  }
  const size = virtualSize(inserted);
  if (size !== source.size) return `it had ${source.size} bytes and has ${size}`;
  const found = inserted['dirty-bitmaps']?.find(({ name }) => name === bitmap);
  if (found === undefined) return `its dirty bitmap ${bitmap} is gone`;
  if (found.recording !== recording)
    return `its dirty bitmap ${bitmap} ${recording ? 'does not record' : 'still records'}`;
  return undefined;
}

function changed(disk: string | undefined, what: string): MigrationError {
  return new MigrationError(
    'SOURCE_CHANGED',
    `${disk ?? 'The source'} changed during the migration: ${what}. What was copied cannot be trusted; start again.`,
    { side: 'source', disk },
  );
}

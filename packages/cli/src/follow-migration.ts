import type { MigrationJob, MigrationResult } from '@blockferry/migrate';
import type { Output } from './output/output.js';

/** Shows a migration until it ends, and resolves with its result, also when it failed. */
export async function followMigration(job: MigrationJob, output: Output): Promise<MigrationResult> {
  let result: MigrationResult | undefined;
  for await (const event of job.events()) {
    if (event.type === 'result') {
      const { type: _, ...fields } = event;
      result = fields;
    } else {
      output.progress(event);
      await output.object(event);
    }
  }
  output.endProgress();
  return result ?? (await job.done);
}

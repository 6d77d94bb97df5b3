import type { ExitStatus, MigrationJob } from '@blockferry/migrate';
import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { followMigration } from '../follow-migration.js';
import { helpEnd } from '../help-text.js';
import { Interruption } from '../interruption.js';
import { isMonitor } from '../options/host-uri.js';
import {
  type MigrationCommandOptions,
  toMigrateOptions,
  withMigrationOptions,
} from '../options/migration-options.js';
import { tellFailure } from '../output/failure-text.js';
import { Output } from '../output/output.js';
import { resultText } from '../output/result-text.js';

export function addMigrateCommand(program: Command, context: CommandContext): void {
  withMigrationOptions(
    program
      .command('migrate')
      .summary('move a running guest with the disks you choose')
      .description(
        'Moves a running guest to another host with the disks that you name: they are copied while it runs, ' +
          'then, round after round, what it has written meanwhile; it stops only for the last round. The command plan ' +
          'tells first what would happen.',
      ),
  )
    .addHelpText(
      'after',
      helpEnd(
        'blockferry migrate --from qmp+unix:///run/a/qmp.sock \\\n    --to qmp+unix:///run/b/qmp.sock --migrate-disks vda,vdb --assume-shared vdc\n' +
          '  blockferry migrate --from qemu:///system --to qemu+ssh://b/system \\\n    --domain web --migrate-disks vda,vdb --assume-shared vdc --create-images',
        'Ctrl-C rolls back: the guest goes on at the source.',
        'Exit status: 0 moved; 1 failed, 5 timed out, 130 interrupted: the guest runs on the source; 2 usage; 4 --verify found a difference; 6 outcome uncertain, look at both sides; 10 refused, nothing changed.',
      ),
    )
    .action(async (options: MigrationCommandOptions) => {
      context.finish(await runMigrate(options, context));
    });
}

async function runMigrate(options: MigrationCommandOptions, { shell }: CommandContext): Promise<ExitStatus> {
  const asked = toMigrateOptions(options);
  const { PHASES, startMigration } = await import('@blockferry/migrate');
  using output = new Output(shell, options);
  let job: MigrationJob | undefined;
  const guestIsStopped = (): boolean =>
    job !== undefined && PHASES.indexOf(job.snapshot().phase) >= PHASES.indexOf('switchover');
  using interruption = new Interruption(shell, output, { mustFinish: guestIsStopped });
  job = startMigration({ ...asked, signal: interruption.signal });
  const result = await followMigration(job, output);
  await output.object({ type: 'result', ...result });
  if (result.ok) await output.summary(`${resultText(result, output)}${whereItIs(options.from)}`);
  else if (result.error !== undefined) tellFailure(shell.stderr, result.error, result.problems);
  return result.exit;
}

function whereItIs(from: string): string {
  const now = 'The guest is on the destination now';
  return isMonitor(from) ? `${now}; the source's QEMU can be quit.\n` : `${now}.\n`;
}

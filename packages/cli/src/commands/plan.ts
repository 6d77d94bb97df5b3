import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import {
  type MigrationCommandOptions,
  toMigrateOptions,
  withMigrationOptions,
} from '../options/migration-options.js';
import { Output } from '../output/output.js';
import { planText } from '../output/plan-text.js';

export function addPlanCommand(program: Command, context: CommandContext): void {
  withMigrationOptions(
    program
      .command('plan')
      .summary('what migrate would do, and every problem at once')
      .description(
        'Tells, disk by disk, what would move, what would stay and why, and everything that has to be put ' +
          'right first. Reads only. Exit status 0, or 10 if there are problems.',
      ),
  )
    .addHelpText(
      'after',
      helpEnd(
        'blockferry plan --from qmp+unix:///run/a/qmp.sock \\\n    --to qmp+unix:///run/b/qmp.sock --migrate-disks vda,vdb --assume-shared vdc',
      ),
    )
    .action(async (options: MigrationCommandOptions) => {
      context.finish(await runPlan(options, context));
    });
}

async function runPlan(options: MigrationCommandOptions, { shell }: CommandContext): Promise<0 | 10> {
  const asked = toMigrateOptions(options);
  const { plan } = await import('@blockferry/migrate');
  using output = new Output(shell, options);
  const found = await plan(asked);
  const exit = found.ok ? EXIT.done : EXIT.refused;
  await output.object({ type: 'result', exit, ...found });
  await output.text(planText(found, output));
  return exit;
}

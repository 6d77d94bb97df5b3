import type { ExitStatus } from '@blockferry/migrate';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../context.js';
import { checkDisks } from '../demo/demo-checks.js';
import { demoDisks, MAX_DEMO_DISKS } from '../demo/demo-disks.js';
import { demoText } from '../demo/demo-text.js';
import { EXIT } from '../exit-status.js';
import { followMigration } from '../follow-migration.js';
import { helpEnd } from '../help-text.js';
import { Interruption } from '../interruption.js';
import { collectList } from '../options/list-option.js';
import { wholeNumber } from '../options/numbers.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { parseRate } from '../options/rate.js';
import { parsePositiveSize } from '../options/size.js';
import { tellFailure } from '../output/failure-text.js';
import { Output } from '../output/output.js';
import { formatBytes, formatRate } from '../output/units.js';

export interface DemoCommandOptions extends OutputOptions {
  readonly disks: number;
  readonly size: number;
  readonly writeRate: number;
  readonly select?: readonly string[];
}

export function addDemoCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('demo')
    .summary('try it out: a selective live migration on this machine')
    .description(
      'Makes two hosts in this process and a guest that keeps writing, moves the guest with the disks that ' +
        'you select, and compares every block afterwards. Needs no hypervisor; leaves nothing behind.',
    )
    .option('--disks <n>', "the guest's disks: vda, vdb, ...", wholeNumber(1, MAX_DEMO_DISKS), 3)
    .addOption(
      new Option('--size <size>', 'bytes of each disk, half of it filled')
        .argParser(parsePositiveSize)
        .default(256 * MIB, '256MiB'),
    )
    .addOption(
      new Option('--write-rate <rate>', 'how fast the guest writes, all disks together')
        .argParser(parseRate)
        .default(16 * MIB, '16MiB/s'),
    )
    .option('--select <list>', 'disks to move, e.g. vda,vdb (default: all but the last one)', collectList);
  withOutputOptions(command)
    .addHelpText(
      'after',
      helpEnd('blockferry demo --disks 4 --size 1GiB --write-rate 100MiB/s --select vda,vdc'),
    )
    .action(async (options: DemoCommandOptions) => {
      context.finish(await runDemo(options, context));
    });
}

async function runDemo(options: DemoCommandOptions, { shell }: CommandContext): Promise<ExitStatus> {
  const { disks, selected } = demoDisks(options.disks, options.size, options.select);
  const { createEmbeddedHost, startMigration } = await import('@blockferry/migrate');
  using output = new Output(shell, options);
  using interruption = new Interruption(shell, output);
  const { signal } = interruption;

  output.note(
    `Host a: a guest with ${disks.length} disks of ${formatBytes(options.size)}, half full, ` +
      `writes ${formatRate(options.writeRate)}.`,
  );
  output.note(`Host b: blank disks. Moving ${selected.join(', ')} while the guest runs.`);
  output.progress({ type: 'phase', phase: 'fill' });
  await using a = await createEmbeddedHost({ name: 'a' });
  await using b = await createEmbeddedHost({ name: 'b' });
  await using domain = await a.createDomain({ name: 'demo', disks, writeRate: options.writeRate });
  await b.awaitDomain({ disks });
  signal.throwIfAborted();

  // The disks that stay hold nothing that the guest needs any more: it is told so by "unsafe".
  const job = startMigration({ from: domain, to: b, disks: selected, unsafe: true, signal });
  const result = await followMigration(job, output);
  if (!result.ok) {
    await output.object({ type: 'result', ...result });
    if (result.error !== undefined) tellFailure(shell.stderr, result.error, result.problems);
    return result.exit;
  }

  output.progress({ type: 'phase', phase: 'compare' });
  const checks = await checkDisks(domain, b, disks);
  output.endProgress();
  signal.throwIfAborted();
  const ok = checks.every((check) => check.ok);
  const exit = ok ? EXIT.done : EXIT.different;
  await output.object({ type: 'result', ...result, ok, exit, checks });
  await output.summary(demoText(result, disks, checks, domain.guest.bytesWritten, output));
  if (!ok) {
    const failed = checks.filter((check) => !check.ok).map(({ disk }) => disk);
    tellFailure(shell.stderr, {
      code: 'VERIFY_DIFFERENT',
      message: `Not as it has to be on host b: ${failed.join(', ')}`,
    });
  }
  return exit;
}

const MIB = 1024 * 1024;

import type { ComparisonResult, CopyResult } from '@blockferry/nbd';
import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import { Interruption } from '../interruption.js';
import { refuseUnbuilt } from '../options/not-built.js';
import { wholeNumber } from '../options/numbers.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { parseRate } from '../options/rate.js';
import { powerOfTwoSize } from '../options/size.js';
import { Output } from '../output/output.js';
import { formatBytes, formatDuration, formatRate } from '../output/units.js';
import { UsageError } from '../usage-error.js';

export interface CopyCommandOptions extends OutputOptions {
  readonly connections?: number;
  readonly requests?: number;
  readonly requestSize?: number;
  readonly bandwidth?: number;
  readonly targetIsZero?: boolean;
  readonly extents: boolean;
  readonly verify?: boolean;
}

export function addCopyCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('copy')
    .summary('copy a disk; holes stay holes')
    .description(
      'Copies a block device or an image over NBD. Holes stay holes; what the destination held before is ' +
        'overwritten with zeros where the source has them; the end is a flush.',
    )
    .argument('<source>', 'NBD URI, file or block device')
    .argument('<destination>', 'NBD URI, file or block device; or null: to throw everything away')
    .option('--connections <n>', 'connections to each side (default 4)', wholeNumber(1, 64))
    .option('--requests <n>', 'requests in flight on a connection (default 16)', wholeNumber(1, 1024))
    .option(
      '--request-size <size>',
      'bytes of one request (default 256KiB)',
      powerOfTwoSize(4096, 32 * 1024 ** 2),
    )
    .option('--bandwidth <rate>', 'no faster than this, e.g. 200MiB/s or 1.6Gbit/s', parseRate)
    .option('--target-is-zero', 'the destination reads as zeros already: write no zeros')
    .option('--no-extents', 'read everything, do not ask the source for its holes')
    .option('--verify', 'compare both sides afterwards (exit status 4 if they differ)');
  withOutputOptions(refuseUnbuilt(command, ['--tls-creds <dir>']))
    .addHelpText(
      'after',
      helpEnd(
        "blockferry copy 'nbd+unix:///?socket=/run/vm.sock' /backup/vda.img --bandwidth 200MiB/s",
        'A missing destination file is created. A smaller destination is refused, a larger one is taken where it is a file or a device.',
      ),
    )
    .action(async (source: string, destination: string, options: CopyCommandOptions) => {
      context.finish(await runCopy(source, destination, options, context));
    });
}

async function runCopy(
  source: string,
  destination: string,
  options: CopyCommandOptions,
  { shell }: CommandContext,
): Promise<0 | 4> {
  if (options.verify && destination === 'null:') {
    throw new UsageError('With --verify the destination cannot be null:, for nothing can be read from it.');
  }
  const { copy, compare } = await import('@blockferry/nbd');
  using output = new Output(shell, options);
  using interruption = new Interruption(shell, output);
  const { connections, requests, requestSize, bandwidth, targetIsZero, extents } = options;
  const job = copy(source, destination, {
    ...(connections !== undefined && { connections }),
    ...(requests !== undefined && { requests }),
    ...(requestSize !== undefined && { requestSize }),
    ...(bandwidth !== undefined && { bandwidth }),
    destinationIsZero: targetIsZero ?? false,
    extents,
    signal: interruption.signal,
  });
  output.progress({ type: 'phase', phase: 'copy' });
  for await (const event of job.events()) {
    if (event.type !== 'progress') continue;
    output.progress({ ...event, disk: '', phase: 'copy', round: 0 });
    await output.object(event);
  }
  const copied = await job.done;
  let comparison: ComparisonResult | undefined;
  if (options.verify) {
    output.progress({ type: 'phase', phase: 'compare' });
    comparison = await compare(source, destination, {
      ...(connections !== undefined && { connections }),
      signal: interruption.signal,
    });
  }
  output.endProgress();
  const difference = firstDifference(comparison, copied);
  const exit = difference === undefined ? EXIT.done : EXIT.different;
  await output.object({
    type: 'result',
    ok: exit === EXIT.done,
    exit,
    ...copied,
    ...(comparison !== undefined && { verified: difference === undefined }),
    ...(difference !== undefined && {
      firstDifference: difference,
      error: { code: 'VERIFY_DIFFERENT', message: differenceText(difference), offset: difference },
    }),
  });
  await output.summary(
    `${describeCopy(copied)}${comparison !== undefined && difference === undefined ? ' Verified.' : ''}\n`,
  );
  if (difference !== undefined) shell.stderr.put(`error: ${differenceText(difference)} [VERIFY_DIFFERENT]\n`);
  return exit;
}

/** Where the copy is not what the source is. A larger destination's tail is none of the copy. */
function firstDifference(comparison: ComparisonResult | undefined, copied: CopyResult): number | undefined {
  const offset = comparison?.firstDifference;
  return offset === undefined || offset >= copied.size ? undefined : offset;
}

function differenceText(offset: number): string {
  return `The copy differs from the source, first at offset ${offset}`;
}

/** `Copied 10 GiB in 12.3 s: 4.21 GiB moved (350 MiB/s), 2.00 GiB zeroed, 3.79 GiB skipped.` */
export function describeCopy({ size, bytesMoved, bytesZeroed, bytesSkipped, ms }: CopyResult): string {
  const rate = ms > 0 ? ` (${formatRate((bytesMoved * 1000) / ms)})` : '';
  return (
    `Copied ${formatBytes(size)} in ${formatDuration(ms)}: ${formatBytes(bytesMoved)} moved${rate}, ` +
    `${formatBytes(bytesZeroed)} zeroed, ${formatBytes(bytesSkipped)} skipped.`
  );
}

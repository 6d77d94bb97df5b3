import type { CopyOptions, CopyResult } from '@blockferry/nbd';
import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT, type Failure } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import { Interruption } from '../interruption.js';
import { parseEndpoint, SERVER_COMMANDS } from '../options/endpoint.js';
import { wholeNumber } from '../options/numbers.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { parseRate } from '../options/rate.js';
import { powerOfTwoSize } from '../options/size.js';
import { type TlsOptions, toTls, withTlsOptions } from '../options/tls-options.js';
import { copyText } from '../output/copy-text.js';
import { tellFailure } from '../output/failure-text.js';
import { Output } from '../output/output.js';
import { withServers } from '../server-commands.js';
import { UsageError } from '../usage-error.js';

export interface CopyCommandOptions extends OutputOptions, TlsOptions {
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
    .argument('<source>', 'NBD URI, file or block device', parseEndpoint)
    .argument(
      '<destination>',
      'NBD URI, file or block device; or null: to throw everything away',
      parseEndpoint,
    )
    .option('--connections <n>', 'connections to each side (default 4)', wholeNumber(1, 64))
    .option('--requests <n>', 'requests in flight on a connection (default 16)', wholeNumber(1, 1024))
    .option(
      '--request-size <size>',
      'bytes of one request (default 512KiB)',
      powerOfTwoSize(4096, 32 * 1024 ** 2),
    )
    .option('--bandwidth <rate>', 'no faster than this, e.g. 200MiB/s or 1.6Gbit/s', parseRate)
    .option('--target-is-zero', 'the destination reads as zeros already: write no zeros')
    .option('--no-extents', 'read everything, do not ask the source for its holes')
    .option(
      '--verify',
      'read the destination back and hold it against checksums of what was written (exit status 4 if it differs)',
    );
  withOutputOptions(withTlsOptions(command))
    .addHelpText(
      'after',
      helpEnd(
        "blockferry copy 'nbd+unix:///vda?socket=/run/vm' a.img --bandwidth 1Gbit/s",
        SERVER_COMMANDS,
        'A missing destination file is created. A smaller destination is refused, a larger one is taken where it is a file or a device.',
      ),
    )
    .action(async (source: string, destination: string, options: CopyCommandOptions) => {
      const copied = withServers([source, destination], (from, to) => runCopy(from, to, options, context));
      context.finish(await copied);
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
  const { copy } = await import('@blockferry/nbd');
  using output = new Output(shell, options);
  using interruption = new Interruption(shell, output);
  const job = copy(source, destination, { ...toCopyOptions(options), signal: interruption.signal });
  output.progress({ type: 'phase', phase: 'copy' });
  let phase = 'copy';
  for await (const event of job.events()) {
    if (event.type !== 'progress') continue;
    if (event.phase !== phase) output.progress({ type: 'phase', phase: event.phase });
    phase = event.phase;
    output.progress({ ...event, disk: '', round: 0 });
    await output.object(event);
  }
  const copied = await job.done;
  const difference = differenceIn(copied);
  output.endProgress();

  const exit = difference === undefined ? EXIT.done : EXIT.different;
  await output.object({
    type: 'result',
    ok: exit === EXIT.done,
    exit,
    ...copied,
    ...(difference !== undefined && { error: difference }),
  });
  const verified = copied.verified ? ' Verified.' : '';
  await output.summary(`${copyText(copied)}${verified}\n`);
  if (difference !== undefined) tellFailure(shell.stderr, difference);
  return exit;
}

function toCopyOptions(given: CopyCommandOptions): CopyOptions {
  const { connections, requests, requestSize, bandwidth, targetIsZero, extents } = given;
  return {
    ...(connections !== undefined && { connections }),
    ...(requests !== undefined && { requests }),
    ...(requestSize !== undefined && { requestSize }),
    ...(bandwidth !== undefined && { bandwidth }),
    ...toTls(given),
    destinationIsZero: targetIsZero ?? false,
    verify: given.verify ?? false,
    extents,
  };
}

/** Where the destination is not what was written to it. */
function differenceIn({ difference }: CopyResult): Failure | undefined {
  if (difference === undefined) return undefined;
  const { region, firstDifference: offset } = difference;
  const range = `the ${region.length} bytes from offset ${region.offset} on`;
  const where =
    offset === undefined
      ? `somewhere in ${range}. Source and destination agree there by now: the source has changed, or the destination does not read the same each time.`
      : `first at offset ${offset}, in ${range}.`;
  return {
    code: 'VERIFY_DIFFERENT',
    message: `The destination is not what was written to it, ${where}`,
    side: 'destination',
    offset: offset ?? region.offset,
    ...(offset === undefined && { length: region.length }),
  };
}

import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import { Interruption } from '../interruption.js';
import { parseEndpoint } from '../options/endpoint.js';
import { wholeNumber } from '../options/numbers.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { type TlsOptions, toTls, withTlsOptions } from '../options/tls-options.js';
import { Output } from '../output/output.js';
import { formatBytes } from '../output/units.js';
import { withServers } from '../server-commands.js';

export interface VerifyCommandOptions extends OutputOptions, TlsOptions {
  readonly connections?: number;
}

export function addVerifyCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('verify')
    .summary('compare two disks byte by byte')
    .description('Compares the contents of two block devices or images; holes count as zeros.')
    .argument('<a>', 'NBD URI, file or block device', parseEndpoint)
    .argument('<b>', 'NBD URI, file or block device', parseEndpoint)
    .option('--connections <n>', 'connections to each side (default 4)', wholeNumber(1, 64));
  withOutputOptions(withTlsOptions(command))
    .addHelpText(
      'after',
      helpEnd(
        'blockferry verify vda.img nbd://backup.example/vda',
        'Exit status 0 when they are equal, 4 when they differ: the first difference is told.',
      ),
    )
    .action(async (a: string, b: string, options: VerifyCommandOptions) => {
      context.finish(await withServers([a, b], (a, b) => runVerify(a, b, options, context)));
    });
}

async function runVerify(
  a: string,
  b: string,
  options: VerifyCommandOptions,
  { shell }: CommandContext,
): Promise<0 | 4> {
  const { compare } = await import('@blockferry/nbd');
  using output = new Output(shell, options);
  using interruption = new Interruption(shell, output);
  output.progress({ type: 'phase', phase: 'compare' });
  const result = await compare(a, b, {
    ...(options.connections !== undefined && { connections: options.connections }),
    ...toTls(options),
    signal: interruption.signal,
  });
  output.endProgress();
  const exit = result.equal ? EXIT.done : EXIT.different;
  await output.object({ type: 'result', ok: result.equal, exit, ...result });
  await output.summary(
    result.equal
      ? `Equal: ${formatBytes(result.bytesCompared)} compared.\n`
      : `Different, first at offset ${result.firstDifference}.\n`,
  );
  return exit;
}

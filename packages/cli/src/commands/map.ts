import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import { type MapEntry, MapTotals, mapEntry, mapLine, totalLine } from '../nbdinfo/extents.js';
import { parseEndpoint } from '../options/endpoint.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { type TlsOptions, toTls, withTlsOptions } from '../options/tls-options.js';
import { Output } from '../output/output.js';
import { withServers } from '../server-commands.js';

export interface MapCommandOptions extends OutputOptions, TlsOptions {
  readonly context: string;
  readonly totals?: boolean;
}

export function addMapCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('map')
    .summary('which parts of an export are data, holes, zeros, dirty')
    .description(
      'Prints the extents of an NBD export: offset, length, type and its meaning. With --json an object a ' +
        'line for each, then the result.',
    )
    .argument('<uri>', 'NBD URI of the export', parseEndpoint)
    .option('--context <name>', 'meta context, e.g. qemu:dirty-bitmap:NAME', 'base:allocation')
    .option('--totals', 'only the sums, by type');
  withOutputOptions(withTlsOptions(command))
    .addHelpText('after', helpEnd("blockferry map 'nbd+unix:///vda?socket=/run/vm.sock' --totals"))
    .action(async (uri: string, options: MapCommandOptions) => {
      await withServers([uri], (uri) => runMap(uri, options, context));
      context.finish(EXIT.done);
    });
}

async function runMap(uri: string, options: MapCommandOptions, { shell }: CommandContext): Promise<void> {
  const { connect } = await import('@blockferry/nbd');
  using output = new Output(shell, options);
  await using handle = await connect(uri, { contexts: [options.context], ...toTls(options) });
  const sums = new MapTotals();
  let extents = 0;
  for await (const extent of handle.extents({ context: options.context })) {
    if (output.unread) break;
    extents += 1;
    sums.add(extent.flags, extent.length);
    if (!options.totals) await tellEntry(output, mapEntry(options.context, extent));
  }
  const totals = sums.totals(options.context);
  if (options.totals) {
    for (const total of totals) {
      await output.object(total);
      await output.text(totalLine(total));
    }
  }
  await output.object({ type: 'result', ok: true, exit: EXIT.done, size: handle.size, extents, totals });
}

async function tellEntry(output: Output, entry: MapEntry): Promise<void> {
  await output.object(entry);
  await output.text(mapLine(entry));
}

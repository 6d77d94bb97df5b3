import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import { tellExports } from '../nbdinfo/tell.js';
import { parseEndpoint } from '../options/endpoint.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { type TlsOptions, toTls, withTlsOptions } from '../options/tls-options.js';
import { Output } from '../output/output.js';
import { withServers } from '../server-commands.js';

export function addInfoCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('info')
    .summary('what a server tells of one export')
    .description('Tells size, abilities and meta contexts of an NBD export. No data is read.')
    .argument('<uri>', 'NBD URI of the export', parseEndpoint);
  withOutputOptions(withTlsOptions(command))
    .addHelpText('after', helpEnd("blockferry info 'nbd+unix:///vda?socket=/run/vm.sock'"))
    .action(async (uri: string, options: OutputOptions & TlsOptions) => {
      const { info } = await import('@blockferry/nbd');
      using output = new Output(context.shell, options);
      await withServers([uri], async (uri) => tellExports(output, uri, [await info(uri, toTls(options))]));
      context.finish(EXIT.done);
    });
}

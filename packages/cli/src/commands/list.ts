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

export function addListCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('list')
    .summary('the exports of a server')
    .description('Tells size, abilities and meta contexts of every export that an NBD server lists.')
    .argument('<uri>', 'NBD URI of the server', parseEndpoint);
  withOutputOptions(withTlsOptions(command))
    .addHelpText('after', helpEnd('blockferry list nbd://storage.example'))
    .action(async (uri: string, options: OutputOptions & TlsOptions) => {
      const { list } = await import('@blockferry/nbd');
      using output = new Output(context.shell, options);
      await withServers([uri], async (uri) => tellExports(output, uri, await list(uri, toTls(options))));
      context.finish(EXIT.done);
    });
}

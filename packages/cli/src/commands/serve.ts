import { once } from 'node:events';
import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import { Interruption } from '../interruption.js';
import { parseEndpoint } from '../options/endpoint.js';
import { refuseUnbuilt } from '../options/not-built.js';
import { wholeNumber } from '../options/numbers.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { parsePositiveSize, powerOfTwoSize } from '../options/size.js';
import { Output } from '../output/output.js';
import { UsageError } from '../usage-error.js';

export interface ServeCommandOptions extends OutputOptions {
  readonly listen: string;
  readonly export?: string;
  readonly readOnly?: boolean;
  readonly bitmap?: string;
  readonly granularity?: number;
  readonly maxConnections?: number;
}

/** What is served: a file (or device), or that many bytes of memory. */
export type Served = { readonly file: string } | { readonly memory: number };

export function addServeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('serve')
    .summary('serve a file, a block device or memory over NBD')
    .description('Serves one export over NBD, and prints its URI on stdout as soon as clients can connect.')
    .argument(
      '<file|memory:SIZE>',
      'file or block device; or memory:10GiB for a blank disk in memory',
      parseServed,
    )
    .requiredOption(
      '--listen <uri>',
      "where: 'nbd+unix:///?socket=PATH' or nbd://127.0.0.1:10809 (port 0: a free one)",
      parseEndpoint,
    )
    .option('--export <name>', "the export's name (default: empty, the default export)")
    .option('--read-only', 'refuse writes')
    .option('--bitmap <name>', 'record what is written, as qemu:dirty-bitmap:NAME')
    .option(
      '--granularity <size>',
      'bytes of one bit of the bitmap (default 64KiB)',
      powerOfTwoSize(512, 64 * 1024 ** 2),
    )
    .option('--max-connections <n>', 'clients at a time (default 100)', wholeNumber(1, 10_000));
  withOutputOptions(refuseUnbuilt(command, ['--tls-creds <dir>']))
    .addHelpText(
      'after',
      helpEnd(
        "blockferry serve vda.img --export vda --listen 'nbd+unix:///?socket=/run/vda'",
        'Ctrl-C or SIGTERM ends it: connections are closed, what was written is flushed.',
      ),
    )
    .action(async (served: Served, options: ServeCommandOptions) => {
      context.finish(await runServe(served, options, context));
    });
}

/** `memory:SIZE`, or a path; `./memory:1` is a path. */
export function parseServed(text: string): Served {
  if (text.startsWith('memory:')) return { memory: parsePositiveSize(text.slice('memory:'.length)) };
  if (text === '') throw new UsageError('Give a file to serve, or memory:SIZE.');
  return { file: text };
}

async function runServe(served: Served, options: ServeCommandOptions, { shell }: CommandContext): Promise<0> {
  const { export: exportName, readOnly, bitmap, granularity, maxConnections } = options;
  if (granularity !== undefined && bitmap === undefined) {
    throw new UsageError('--granularity is of a bitmap: name one with --bitmap.');
  }
  if (bitmap === '') throw new UsageError('--bitmap needs a name.');
  const { serve } = await import('@blockferry/nbd');
  using output = new Output(shell, options);
  using interruption = new Interruption(shell, output, { doing: 'closing' });
  const server = await serve({
    ...served,
    listen: options.listen,
    ...(exportName !== undefined && { exportName }),
    readOnly: readOnly ?? false,
    ...(bitmap !== undefined && {
      bitmaps: [{ name: bitmap, ...(granularity !== undefined && { granularity }) }],
    }),
    ...(maxConnections !== undefined && { maxConnections }),
  });
  try {
    await output.object({ type: 'ready', uri: server.uri, size: server.size });
    await output.text(`${server.uri}\n`);
    await untilAborted(interruption.signal);
  } finally {
    await server.close();
  }
  await output.object({ type: 'result', ok: true, exit: EXIT.done });
  return EXIT.done;
}

/** Resolves when `signal` is aborted, and keeps Node alive until then: a server may be all that there is. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => undefined, 0x7fffffff);
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    clearInterval(alive);
  }
}

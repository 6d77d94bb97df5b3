import { once } from 'node:events';
import type { ServeOptions } from '@blockferry/nbd';
import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';
import { Interruption } from '../interruption.js';
import { parseEndpoint } from '../options/endpoint.js';
import { duration, wholeNumber } from '../options/numbers.js';
import { type OutputOptions, withOutputOptions } from '../options/output-options.js';
import { collectServed, parseServed, type Served } from '../options/served.js';
import { powerOfTwoSize } from '../options/size.js';
import { parseFolder } from '../options/tls-options.js';
import { Output } from '../output/output.js';
import { UsageError } from '../usage-error.js';

export interface ServeCommandOptions extends OutputOptions {
  readonly listen?: string;
  readonly export?: string;
  readonly also?: readonly (readonly [name: string, served: Served])[];
  readonly readOnly?: boolean;
  readonly bitmap?: string;
  readonly granularity?: number;
  readonly maxConnections?: number;
  readonly idleTimeout?: number;
  readonly tlsCreds?: string;
  /** False after `--no-tls-verify-peer`. */
  readonly tlsVerifyPeer: boolean;
}

export function addServeCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('serve')
    .summary('serve a file, a block device or memory over NBD')
    .description(
      'Serves exports over NBD, and prints their URIs on stdout, one a line, as soon as clients can connect.',
    )
    .argument(
      '<file|memory:SIZE>',
      'file or block device; or memory:10GiB for a blank disk in memory',
      parseServed,
    )
    .option(
      '--listen <uri>',
      "where: 'nbd+unix:///?socket=PATH' or nbd://127.0.0.1:10809 (port 0: a free one)",
      parseEndpoint,
    )
    .option('--export <name>', "the export's name (default: empty, the default export)")
    .option(
      '--also <name=file>',
      'one more export, NAME=FILE or NAME=memory:SIZE; repeatable; --read-only and --bitmap hold for all',
      collectServed,
    )
    .option('--read-only', 'refuse writes')
    .option('--bitmap <name>', 'record what is written, as qemu:dirty-bitmap:NAME')
    .option(
      '--granularity <size>',
      'bytes of one bit of the bitmap (default 64KiB)',
      powerOfTwoSize(512, 64 * 1024 ** 2),
    )
    .option('--max-connections <n>', 'clients at a time (default 100)', wholeNumber(1, 10_000))
    .option(
      '--idle-timeout <time>',
      'disconnect a client that asks for nothing for so long, e.g. 10min (default: never)',
      duration('s'),
    )
    .option(
      '--tls-creds <dir>',
      'demand TLS; the folder has server-cert.pem, server-key.pem and ca-cert.pem',
      parseFolder,
    )
    .option('--no-tls-verify-peer', 'with TLS, let in clients without a certificate');
  withOutputOptions(command)
    .addHelpText(
      'after',
      helpEnd(
        "blockferry serve vda.img --export vda --listen 'nbd+unix:///?socket=/run/vda'",
        'Ctrl-C or SIGTERM ends it: connections are closed, what was written is flushed.',
        'Started by systemd with a socket (LISTEN_FDS), it serves on that one, and takes no --listen.',
      ),
    )
    .action(async (served: Served, options: ServeCommandOptions) => {
      context.finish(await runServe(served, options, context));
    });
}

async function runServe(served: Served, options: ServeCommandOptions, { shell }: CommandContext): Promise<0> {
  const { export: name = '', also = [], readOnly = false, maxConnections, idleTimeout } = options;
  const bitmaps = bitmapsOf(options);
  if (also.some(([other]) => other === name)) throw new UsageError(`Two exports have the name "${name}".`);
  const { serve, systemdSockets } = await import('@blockferry/nbd');
  const listen = whereToListen(options.listen, systemdSockets());
  using output = new Output(shell, options);
  using interruption = new Interruption(shell, output, { doing: 'closing' });
  const all = [[name, served] as const, ...also];
  const server = await serve({
    listen,
    exports: all.map(([name, served]) => ({ name, ...served, readOnly, bitmaps })),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(idleTimeout !== undefined && { idleTimeoutMs: idleTimeout }),
    ...tlsOf(options),
  });
  try {
    const { uri, size } = server;
    const exports = [...server.exports.values()].map(({ name, uri, size }) => ({ name, uri, size }));
    await output.object({ type: 'ready', uri, size, exports });
    await output.text(exports.map((one) => `${one.uri}\n`).join(''));
    await untilAborted(interruption.signal);
  } finally {
    await server.close();
  }
  await output.object({ type: 'result', ok: true, exit: EXIT.done });
  return EXIT.done;
}

/** The bitmap asked for, which each export gets one of. */
function bitmapsOf({ bitmap, granularity }: ServeCommandOptions): { name: string; granularity?: number }[] {
  if (bitmap === undefined) {
    if (granularity === undefined) return [];
    throw new UsageError('--granularity is of a bitmap: name one with --bitmap.');
  }
  if (bitmap === '') throw new UsageError('--bitmap needs a name.');
  return [{ name: bitmap, ...(granularity !== undefined && { granularity }) }];
}

function tlsOf({ tlsCreds, tlsVerifyPeer }: ServeCommandOptions): Pick<ServeOptions, 'tls'> {
  if (tlsCreds !== undefined) return { tls: { directory: tlsCreds, verifyPeer: tlsVerifyPeer } };
  if (!tlsVerifyPeer) throw new UsageError('--no-tls-verify-peer is about TLS: give --tls-creds DIR, too.');
  return {};
}

function whereToListen(
  uri: string | undefined,
  sockets: readonly number[] | undefined,
): string | { readonly sockets: readonly number[] } {
  if (uri !== undefined && sockets !== undefined) {
    throw new UsageError('It was started with a socket to serve on (LISTEN_FDS): leave out --listen.');
  }
  const listen = uri ?? (sockets && { sockets });
  if (listen === undefined) throw new UsageError('Say where to listen: --listen URI.');
  return listen;
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

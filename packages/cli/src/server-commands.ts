import { setTimeout } from 'node:timers/promises';
import type { NbdError, ServerProcess } from '@blockferry/nbd';
import { commandOf } from './options/command-endpoint.js';

/**
 * Starts the servers that are named by their commands, and calls `work` with an endpoint for each argument; ends them
 * afterwards. Where one of them has ended before, that is the failure told.
 */
export async function withServers<T, E extends readonly string[]>(
  endpoints: readonly [...E],
  work: (...endpoints: E) => Promise<T>,
): Promise<T> {
  const servers: NamedServer[] = [];
  try {
    const reachable: string[] = [];
    for (const endpoint of endpoints) {
      const command = commandOf(endpoint);
      if (command === undefined) {
        reachable.push(endpoint);
        continue;
      }
      const { startServerProcess } = await import('@blockferry/nbd');
      const server = await startServerProcess(command);
      servers.push({ name: command[0] ?? '', server });
      reachable.push(server.uri);
    }
    return await work(...(reachable as readonly string[] as E));
  } catch (error) {
    throw await explained(error, servers);
  } finally {
    await Promise.all(servers.map(({ server }) => server.close()));
  }
}

interface NamedServer {
  readonly name: string;
  readonly server: ServerProcess;
}

/** A lost connection is often heard of before the end of the process that caused it. */
async function explained(error: unknown, servers: readonly NamedServer[]): Promise<unknown> {
  const { NbdError } = await import('@blockferry/nbd');
  if (!NbdError.is(error) || !LOST.has(error.code) || servers.length === 0) return error;
  const ends = servers.map(async ({ name, server }) => ({ name, how: await server.ended }));
  const end = await Promise.race([...ends, setTimeout(WAIT_FOR_END_MS, undefined, { ref: false })]);
  if (end === undefined) return error;
  const { side, offset, length } = error;
  const message = `The server "${end.name}" has ended (${end.how}): ${error.message}`;
  return new NbdError(error.code, message, { side, offset, length, cause: error });
}

const LOST: ReadonlySet<NbdError['code']> = new Set(['NBD_CONNECT', 'NBD_DISCONNECTED']);

const WAIT_FOR_END_MS = 1000;

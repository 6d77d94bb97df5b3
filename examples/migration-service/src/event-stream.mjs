// @ts-check
import { once } from 'node:events';

/**
 * Sends a migration's events as server-sent events, from the first to the result, whenever the client comes. Their
 * `event:` is the type, their `data:` the object that `blockferry migrate --json` prints.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {AsyncGenerator<import('@blockferry/migrate').MigrationEvent, void, undefined>} events
 */
export async function streamEvents(request, response, events) {
  if (request.headers['last-event-id'] === LAST_ID) {
    // An EventSource connects again when a stream ends; only this answer makes it stop.
    response.writeHead(204).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    for await (const event of events) {
      if (gone.signal.aborted) return;
      const id = event.type === 'result' ? `id: ${LAST_ID}\n` : '';
      const room = response.write(`${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      // A client that reads slowly gets fewer progress events; the migration does not wait for it.
      if (!room) await once(response, 'drain', { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

const LAST_ID = 'result';
/** Proxies give up a connection on which nothing is said. */
const HEARTBEAT_MS = 15_000;

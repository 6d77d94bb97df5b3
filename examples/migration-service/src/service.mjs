// @ts-check
/**
 * The HTTP interface: routes and nothing else. A JSON body goes to `requests.mjs`, a migration to `migrations.mjs`.
 */
import { createServer } from 'node:http';
import { plan } from '@blockferry/migrate';
import { streamEvents } from './event-stream.mjs';
import { HttpError, toHttpError } from './http-error.mjs';
import { Migrations } from './migrations.mjs';
import { readJson } from './request-body.mjs';
import { migrationRequest } from './requests.mjs';

/**
 * @typedef {object} Service
 * @property {import('node:http').Server} server Not listening yet.
 * @property {() => Promise<void>} close Cancels every migration, waits for the ends, and closes the server.
 */

/** @returns {Service} */
export function createService() {
  const migrations = new Migrations();
  const server = createServer((request, response) => {
    route(migrations, request, response).catch((error) => answerError(response, error));
  });
  return {
    server,
    async close() {
      server.keepAliveTimeout = 1;
      const closed = new Promise((resolve) => server.close(resolve));
      await migrations.close();
      // Every event stream has its last event by now; a client that does not read it is not waited for.
      const timer = setTimeout(() => server.closeAllConnections(), LAST_EVENTS_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

/**
 * @param {Migrations} migrations
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function route(migrations, request, response) {
  const [pathname = '/'] = (request.url ?? '/').split('?', 1);
  const [collection = '', id, part, ...more] = pathname.split('/').slice(1);
  const what = [
    collection,
    ...(id === undefined ? [] : [':id']),
    ...(part === undefined ? [] : [part]),
    ...more,
  ];
  const handlers = ROUTES.get(what.join('/'));
  if (handlers === undefined) throw new HttpError(404, 'NOT_FOUND', `There is no ${pathname}.`);
  const handler = handlers[request.method ?? ''];
  if (handler === undefined) {
    response.setHeader('allow', Object.keys(handlers).join(', '));
    throw new HttpError(405, 'METHOD_NOT_ALLOWED', `${pathname} takes ${Object.keys(handlers).join(', ')}.`);
  }
  await handler({ migrations, request, response, id: id ?? '' });
}

/**
 * @typedef {object} Exchange
 * @property {Migrations} migrations
 * @property {import('node:http').IncomingMessage} request
 * @property {import('node:http').ServerResponse} response
 * @property {string} id The migration's, where the path has one.
 */

/** @type {Map<string, Record<string, (exchange: Exchange) => Promise<void> | void>>} */
const ROUTES = new Map(
  Object.entries({
    plans: {
      async POST({ request, response }) {
        const asked = migrationRequest(await readJson(request));
        if (asked.demo) throw new HttpError(400, 'INVALID_REQUEST', 'A plan needs "from" and "to".');
        answer(response, 200, await plan(asked.options));
      },
    },
    migrations: {
      GET: ({ migrations, response }) => answer(response, 200, migrations.list()),
      async POST({ migrations, request, response }) {
        const migration = await migrations.start(migrationRequest(await readJson(request)));
        response.setHeader('location', `/migrations/${migration.id}`);
        answer(response, 202, migration.describe());
      },
    },
    'migrations/:id': {
      GET: ({ migrations, response, id }) => answer(response, 200, migrations.find(id).describe()),
      async DELETE({ migrations, response, id }) {
        const migration = migrations.find(id);
        await migration.cancel();
        answer(response, 200, migration.describe());
      },
    },
    'migrations/:id/events': {
      GET: ({ migrations, request, response, id }) =>
        streamEvents(request, response, migrations.find(id).events()),
    },
  }),
);

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {unknown} body
 */
function answer(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {unknown} thrown
 */
function answerError(response, thrown) {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message, details } = toHttpError(thrown);
  // What is left of a body that nobody read would be taken for the next request.
  if (status === 413) response.setHeader('connection', 'close');
  answer(response, status, { error: { code, message, ...details } });
}

const LAST_EVENTS_MS = 1000;

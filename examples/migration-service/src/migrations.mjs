// @ts-check
import { startMigration } from '@blockferry/migrate';
import { startDemo } from './demo.mjs';
import { HttpError } from './http-error.mjs';

/** The migrations of this process: those that run, and the latest that have ended. */
export class Migrations {
  /** @type {Map<string, Migration>} */
  #byId = new Map();
  /** @type {Set<Promise<Migration>>} */
  #starting = new Set();
  #closing = false;

  /**
   * @param {import('./requests.mjs').RealRequest | import('./requests.mjs').DemoRequest} asked
   * @returns {Promise<Migration>}
   */
  async start(asked) {
    this.#makeRoom();
    const starting = begin(asked);
    this.#starting.add(starting);
    try {
      const migration = await starting;
      this.#byId.set(migration.id, migration);
      return migration;
    } finally {
      this.#starting.delete(starting);
    }
  }

  /**
   * @param {string} id
   * @returns {Migration}
   */
  find(id) {
    const migration = this.#byId.get(id);
    if (migration === undefined) throw new HttpError(404, 'NOT_FOUND', `There is no migration ${id}.`);
    return migration;
  }

  list() {
    return [...this.#byId.values()].map((migration) => migration.describe());
  }

  /** Takes no more, cancels what runs, and resolves when everything has ended. */
  async close() {
    this.#closing = true;
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#byId.values()].map((migration) => migration.cancel()));
  }

  #makeRoom() {
    if (this.#closing) throw new HttpError(503, 'CLOSING', 'The service is about to stop.');
    const ended = [...this.#byId.values()].filter(({ running }) => !running);
    if (this.#starting.size + this.#byId.size - ended.length >= MAX_RUNNING) {
      throw new HttpError(429, 'TOO_MANY', `${MAX_RUNNING} migrations run already: wait for one to end.`);
    }
    for (const { id } of ended.slice(0, -MAX_REMEMBERED)) this.#byId.delete(id);
  }
}

/**
 * @param {import('./requests.mjs').RealRequest | import('./requests.mjs').DemoRequest} asked
 * @returns {Promise<Migration>}
 */
async function begin(asked) {
  if (!asked.demo) return new Migration(startMigration(asked.options));
  const { job, close } = await startDemo(asked.options);
  return new Migration(job, close);
}

/** One migration, while it runs and afterwards. */
class Migration {
  running = true;
  #job;
  /** @type {import('@blockferry/migrate').MigrationResult | undefined} */
  #result;
  #ended;

  /**
   * @param {import('@blockferry/migrate').MigrationJob} job
   * @param {() => Promise<void>} cleanUp Called once it has ended.
   */
  constructor(job, cleanUp = async () => {}) {
    this.#job = job;
    this.#ended = this.#follow().then(cleanUp);
    this.#ended.catch((error) => console.error(error));
  }

  get id() {
    return this.#job.id;
  }

  /** What `GET /migrations/:id` answers. */
  describe() {
    const { id, phase, disks } = this.#job.snapshot();
    return this.#result === undefined
      ? { id, running: this.running, phase, disks }
      : { id, running: false, phase, result: this.#result };
  }

  /** All events, from the first. */
  events() {
    return this.#job.events();
  }

  /** Resolves when it has been rolled back, or has ended otherwise: the result tells. */
  async cancel() {
    await this.#job.cancel('cancelled by the client');
    await this.#ended;
  }

  async #follow() {
    try {
      this.#result = await this.#job.done;
    } catch (error) {
      this.#result = /** @type {import('@blockferry/migrate').MigrationError} */ (error).result;
    }
    this.running = false;
  }
}

const MAX_RUNNING = 8;
/** Of those that have ended. */
const MAX_REMEMBERED = 100;

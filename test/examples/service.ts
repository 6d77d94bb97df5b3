import { join } from 'node:path';
import { Daemon } from '@blockferry/lab';
import { ROOT } from '../checkout.js';

export interface ServerSentEvent {
  readonly event: string;
  readonly data: { readonly type: string; readonly [field: string]: unknown };
}

/** The example service as a process of its own, on a port that the kernel chose. */
export class Service implements AsyncDisposable {
  readonly daemon: Daemon;
  readonly url: string;

  private constructor(daemon: Daemon, url: string) {
    this.daemon = daemon;
    this.url = url;
  }

  static async start(): Promise<Service> {
    const server = join(ROOT, 'examples/migration-service/server.mjs');
    const { promise: url, resolve } = deferred<string>();
    let output = '';
    const daemon = new Daemon('env', ['PORT=0', process.execPath, server], (text) => {
      output += text;
      const [, found] = /listening on (http:\S+)\n/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    });
    const ended = daemon.exited.then((how) => Promise.reject(new Error(how)));
    ended.catch(() => undefined);
    return new Service(daemon, await Promise.race([url, ended]));
  }

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const sent =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${this.url}${path}`, { method, ...sent });
    return { status: response.status, body: await response.json() };
  }

  /** The events of a migration until their stream ends. */
  async *events(id: string): AsyncGenerator<ServerSentEvent, void, undefined> {
    const response = await fetch(`${this.url}/migrations/${id}/events`);
    if (response.headers.get('content-type') !== 'text/event-stream') throw new Error(await response.text());
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks.map(parseBlock);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.daemon.end();
  }
}

function parseBlock(block: string): ServerSentEvent {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]));
  return { event: fields.get('event') ?? '', data: JSON.parse(fields.get('data') ?? '') };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

import { fileURLToPath } from 'node:url';
import { Condition } from './condition.js';
import type { LinkOptions } from './delay-line.js';
import { Daemon } from './process.js';

export interface Route {
  /** Of the proxy; 0: any free one. */
  readonly port: number;
  readonly targetPort: number;
}

export interface DelayProxyOptions {
  readonly listenHost: string;
  readonly targetHost: string;
  readonly routes: readonly Route[];
  readonly link: LinkOptions;
}

/**
 * A TCP relay that stands in for a slow line: every byte is under way for some time, and now and then nothing arrives
 * at all. A process of its own, so that it can stand on another host than the test. What the kernel does without a
 * word of the program, taking connections, it does at once.
 */
export class DelayProxy implements AsyncDisposable {
  /** Of the routes, in their order. */
  readonly ports: readonly number[];
  readonly #daemon: Daemon;
  readonly #output: ProxyOutput;

  private constructor(daemon: Daemon, output: ProxyOutput, ports: readonly number[]) {
    this.#daemon = daemon;
    this.#output = output;
    this.ports = ports;
  }

  /** @param prefix what the command begins with, to run on another host */
  static async start(options: DelayProxyOptions, prefix: readonly string[] = []): Promise<DelayProxy> {
    const output = new ProxyOutput();
    const [program = '', ...args] = [...prefix, process.execPath, PROGRAM, JSON.stringify(options)];
    const daemon = new Daemon(program, args, (text) => output.receive(text));
    void daemon.exited.then((how) => output.changed.fail(new Error(how)));
    try {
      const ports = await output.changed.until(() => output.lines[0], 'the delay proxy', START_TIMEOUT_MS);
      return new DelayProxy(daemon, output, JSON.parse(ports) as number[]);
    } catch (error) {
      await daemon.end();
      throw error;
    }
  }

  /** Outages so far. */
  get stalls(): number {
    return this.#output.lines.length - 1;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#daemon.end();
  }
}

class ProxyOutput {
  readonly lines: string[] = [];
  readonly changed = new Condition();
  #rest = '';

  receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    this.lines.push(...lines);
    this.changed.changed();
  }
}

const PROGRAM = fileURLToPath(new URL('./delay-proxy-program.js', import.meta.url));
const START_TIMEOUT_MS = 20_000;

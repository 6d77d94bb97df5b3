import { Condition } from './condition.js';

/** One line a second from the guest. */
export interface Beat {
  /** Counts on over a migration. */
  readonly number: number;
  /** By disk: the highest generation that a flush has covered. */
  readonly generations: Readonly<Record<string, number>>;
  /** The longest single write since the last beat, in the guest's own time. */
  readonly latencyMs: number;
  /** Blocks that the guest has read back and found different from what its memory knows. */
  readonly bad: number;
  /** Writes and flushes that have failed. */
  readonly errors: number;
}

/** The highest generation of a disk that the guest has said to be flushed; 0 if it has said nothing. */
export function flushedGeneration(beats: readonly Beat[], disk: string): number {
  return Math.max(0, ...beats.map((beat) => beat.generations[disk] ?? 0));
}

/** The guest's serial console. */
export class Console {
  readonly beats: Beat[] = [];
  /** All lines but the beats, oldest first. */
  readonly lines: string[] = [];
  readonly #condition = new Condition();
  #rest = '';

  /** What the writer has found wrong with its disks. */
  get complaints(): readonly string[] {
    return this.lines.filter((line) => /^(ioerror|mismatch|writer:)/.test(line));
  }

  receive(text: string): void {
    const lines = (this.#rest + text.replaceAll('\r', '')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const beat = parseBeat(line);
      if (beat) this.beats.push(beat);
      else if (this.lines.length < MAX_LINES) this.lines.push(line);
      if (line.includes('Kernel panic')) this.close("the guest's kernel has panicked");
    }
    this.#condition.changed();
  }

  /** Resolves with the newest beat once there are `count` of them. */
  async until(count: number, timeoutMs: number): Promise<Beat> {
    const newest = (): Beat | undefined => (this.beats.length < count ? undefined : this.beats.at(-1));
    try {
      return await this.#condition.until(newest, `beat ${count} of the guest`, timeoutMs);
    } catch (error) {
      const said = [...this.lines.slice(-PANIC_LINES), this.#rest].join('\n');
      throw new Error(`${(error as Error).message}; its console ends with:\n${said}`, { cause: error });
    }
  }

  close(reason: string): void {
    this.#condition.fail(new Error(reason));
  }
}

/** `beat 9 vda=1080 vdb=546 lat=7 bad=0 errors=0` */
function parseBeat(line: string): Beat | undefined {
  const found = /^beat (\d+)((?: \w+=\d+)*) lat=(\d+) bad=(\d+) errors=(\d+)$/.exec(line);
  if (!found) return undefined;
  const [, number, disks = '', latencyMs, bad, errors] = found;
  const pairs = disks.trim().split(' ').filter(Boolean);
  const generations = Object.fromEntries(
    pairs.map((pair) => {
      const [disk = '', generation] = pair.split('=');
      return [disk, Number(generation)];
    }),
  );
  return {
    number: Number(number),
    generations,
    latencyMs: Number(latencyMs),
    bad: Number(bad),
    errors: Number(errors),
  };
}

/** What a kernel says in its panic. */
const PANIC_LINES = 60;
/** A guest on blank disks complains about every read. */
const MAX_LINES = 1000;

import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A private folder for images and sockets, with a path short enough for the latter, gone when disposed. */
export class Scratch implements AsyncDisposable {
  readonly path: string;

  /** @param wanted where it lies, if that leaves it a short path. @default the temporary folder */
  constructor(wanted: string = tmpdir()) {
    const parent = wanted.length <= MAX_PARENT_LENGTH ? wanted : '/tmp';
    this.path = mkdtempSync(join(parent, 'bf-'));
  }

  join(...names: string[]): string {
    return join(this.path, ...names);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** A socket's path has 107 bytes at most; what remains is for the names below this folder. */
const MAX_PARENT_LENGTH = 40;

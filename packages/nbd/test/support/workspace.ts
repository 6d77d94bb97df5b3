import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes at an offset of a file that is a hole elsewhere. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A temporary folder for a test's files and sockets; gone at its end. */
export class Workspace implements AsyncDisposable {
  readonly folder: string;

  static async create(): Promise<Workspace> {
    return new Workspace(await mkdtemp(join(tmpdir(), 'nbd-test-')));
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The URI of a unix socket in here. */
  socket(name = 'socket', exportName = ''): string {
    return `nbd+unix:///${exportName}?socket=${this.path(name)}`;
  }

  /** A file of `size` bytes that holds the pieces and holes. */
  async file(name: string, size: number, ...pieces: readonly Piece[]): Promise<string> {
    const path = this.path(name);
    await using file = await open(path, 'wx');
    await file.truncate(size);
    for (const { offset, bytes } of pieces) await file.write(bytes, 0, bytes.length, offset);
    return path;
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.path(name));
  }

  /** Bytes that the file takes on its disk. */
  async allocated(name: string): Promise<number> {
    return (await stat(this.path(name))).blocks * 512;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

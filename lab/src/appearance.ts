import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { Condition } from './condition.js';
import type { Daemon } from './process.js';

/** Resolves once a file is there that a daemon makes when it serves; rejects when that ends before. */
export async function appearance(path: string, daemon: Daemon): Promise<void> {
  const change = new Condition();
  const watcher = watch(dirname(path), () => change.changed());
  void daemon.exited.then((how) => change.fail(new Error(how)));
  try {
    await change.until(() => existsSync(path) || undefined, path, START_TIMEOUT_MS);
  } finally {
    watcher.close();
  }
}

const START_TIMEOUT_MS = 20_000;

// Loads the addon that `npm run build` makes, or the one of the platform's package.
import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

function load() {
  const libc = process.platform === 'linux' ? (isMusl() ? '-musl' : '-gnu') : '';
  const target = `${process.platform}-${process.arch}${libc}`;
  const attempts = [`./blockferry-engine.${target}.node`, `@blockferry/engine-${target}`];
  const failures = [];
  for (const name of attempts) {
    try {
      return require(name);
    } catch (error) {
      failures.push(`${name}: ${error.message.split('\n', 1)[0]}`);
    }
  }
  throw new Error(
    `blockferry's native engine for ${target} is missing. In a checkout run "npm run setup" (needs cargo); ` +
      `otherwise install @blockferry/engine-${target}. Tried ${failures.join('; ')}.`,
  );
}

// By the loader that Node's executable names at its start. A process report tells as well, after 10 ms of lookups.
function isMusl() {
  const start = Buffer.alloc(4096);
  const executable = openSync(process.execPath);
  readSync(executable, start);
  closeSync(executable);
  return start.includes('/ld-musl-');
}

const native = load();

export const {
  BindingComparison,
  BindingConnection,
  BindingCopier,
  BindingDirtyBitmap,
  BindingDirtySnapshot,
  BindingRateLimiter,
  BindingServer,
  connect,
  info,
  list,
  listenUnix,
  openCopier,
  serve,
} = native;

// Loads the addon that `npm run build` makes, or the one of the platform's package.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

function load() {
  const libc = process.platform === 'linux' ? (isGlibc() ? '-gnu' : '-musl') : '';
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

function isGlibc() {
  return process.report.getReport().header.glibcVersionRuntime !== undefined;
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

// `npm run fuzz -- [SECONDS [TARGET...]]`: has libFuzzer look for inputs that the corpus lacks, for so many seconds a
// target (60), all of them without names. What it finds of use goes to `native/engine/target/fuzz/corpus/TARGET`,
// which the next run goes on from; an input that fails is named at the end, and belongs into `corpus/` with its mend.
//
// Takes no more than the stable toolchain: the compiler's own coverage instrumentation, and libFuzzer's source.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rustHost } from './rust-host.mjs';
import { root, run } from './setup.mjs';

const INSTRUMENTATION = [
  '--cfg fuzzing',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '-Cdebug-assertions',
  '-Coverflow-checks',
  '-Ccodegen-units=1',
];
/** Longest input in bytes: several messages of each kind. */
const LONGEST = 2048;

const engine = join(root, 'native/engine');
const host = rustHost();
const target = join(engine, 'target/fuzz');
const [seconds = '60', ...names] = process.argv.slice(2);
const known = readdirSync(join(engine, 'fuzz/corpus'));
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0 || !/^\d+$/.test(seconds)) {
  console.error(`usage: npm run fuzz -- [SECONDS [TARGET...]], with targets among ${known.join(', ')}`);
  process.exit(2);
}

const build = ['build', '--release', '--package', 'fuzz', '--features', 'libfuzzer'];
const place = ['--manifest-path', join(engine, 'Cargo.toml'), '--target', host, '--target-dir', target];
const status = run('cargo', [...build, ...place], {
  env: { ...process.env, RUSTFLAGS: INSTRUMENTATION.join(' ') },
});
if (status !== 0) process.exit(status);
const failed = (names.length > 0 ? names : known).filter((name) => fuzz(name) !== 0);
if (failed.length > 0) console.error(`Failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;

function fuzz(name) {
  const found = join(target, 'corpus', name);
  const failures = join(target, 'failures', name);
  mkdirSync(found, { recursive: true });
  mkdirSync(failures, { recursive: true });
  console.log(`\n${name}`);
  const limits = [`-max_total_time=${seconds}`, `-max_len=${LONGEST}`, '-timeout=10', '-rss_limit_mb=1024'];
  const output = [`-artifact_prefix=${failures}/`, '-print_final_stats=1', '-verbosity=1'];
  const corpora = [found, join(engine, 'fuzz/corpus', name)];
  return run(join(target, host, 'release/fuzz'), [...limits, ...output, ...corpora], {
    env: { ...process.env, FUZZ_TARGET: name },
  });
}

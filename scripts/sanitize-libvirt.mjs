// `npm run sanitize:libvirt`: the libvirt binding's tests under AddressSanitizer and its leak check.
//
// A copy of the package is built with the sanitizer, and its unit tests run. Node, V8 and libvirt are not built with it:
// what they allocate is watched, what they do with it is not. Every report with a line of ours in a stack fails.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root, run } from './setup.mjs';

const source = join(root, 'native/libvirt');
const copy = join(source, 'build-sanitize');
const settings = join(root, 'scripts/sanitize-libvirt');
// A stack's line with a file of ours or, where none is known, with the addon; and a check that gave up.
const OURS = / \.\.\/src\/|blockferry_libvirt\.node|fatal error/;

copyPackage();
process.exitCode = run(process.execPath, ['build.mjs', '--sanitize=address'], { cwd: copy }) || test();

function copyPackage() {
  mkdirSync(copy, { recursive: true });
  for (const name of readdirSync(source)) {
    if (/^build(-|$)/.test(name)) continue;
    rmSync(join(copy, name), { recursive: true, force: true });
    cpSync(join(source, name), join(copy, name), {
      recursive: true,
      preserveTimestamps: true,
      // It refers to others by its place.
      filter: (path) => basename(path) !== 'tsconfig.json',
    });
  }
}

function test() {
  const reports = mkdtempSync(join(tmpdir(), 'blockferry-sanitize-'));
  try {
    const vitest = join(root, 'node_modules/.bin/vitest');
    const args = ['run', '--root', copy, '--config', join(settings, 'vitest.config.mjs')];
    const { pid, status } = spawnSync(vitest, args, {
      cwd: root,
      stdio: 'inherit',
      env: environment(reports),
    });
    const ours = stacksOfOurs(reports, pid);
    for (const stack of ours) console.error(`${stack}\n`);
    console.error(`${ours.length} reports with a line of the addon`);
    // Without a status a signal has ended them.
    return ours.length > 0 ? 1 : (status ?? 1);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function environment(reports) {
  return {
    ...process.env,
    BLOCKFERRY_LAB: '1',
    LD_PRELOAD: sanitizer(),
    // Whole stacks, through libraries without frame pointers; the exit status stays the program's own.
    ASAN_OPTIONS: `log_path=${join(reports, 'report')}:fast_unwind_on_malloc=0:exitcode=0`,
    // Where the variables of threads are in a library that was loaded late, the leak check cannot tell: it crashes.
    LSAN_OPTIONS: `use_tls=0:suppressions=${join(settings, 'suppressions.txt')}:print_suppressions=0`,
    // Every object of GLib's is to be an allocation.
    G_SLICE: 'always-malloc',
  };
}

/** Has to be there before everything else, for Node itself is not linked with it. */
function sanitizer() {
  const compiler = process.env['CXX'] ?? 'g++';
  return spawnSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout.trim();
}

/**
 * A leak is a paragraph of its report; of an error the whole report counts. Leaks are those of the tests' own process: the
 * programs that tests start end while threads of theirs idle.
 */
function stacksOfOurs(folder, pid) {
  return readdirSync(folder).flatMap((name) => {
    const report = readFileSync(join(folder, name), 'utf8');
    if (!report.includes('detected memory leaks')) return OURS.test(report) ? [report] : [];
    return name.endsWith(`.${pid}`) ? report.split('\n\n').filter((stack) => OURS.test(stack)) : [];
  });
}

// Makes a checkout ready: checks the machine, installs, builds. Does nothing when all is up to date.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { missingPrerequisites } from './prerequisites.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends the process with what is missing, or with the status of the step that failed. */
export function setUp() {
  const missing = missingPrerequisites();
  if (missing.length > 0) {
    console.error(
      `blockferry needs what this machine has not:\n${missing.map((line) => `  - ${line}`).join('\n')}`,
    );
    process.exit(1);
  }
  install();
  build();
}

/** Runs a program in the checkout; its output is ours. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) console.error(`${command}: ${error.message}`);
  return status ?? 1;
}

function install() {
  // npm notes what it has installed; a hash of ours beside it says for which lock file.
  const stamp = join(root, 'node_modules', '.blockferry-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing packages ...');
  orExit(run('npm', ['ci', '--loglevel=error']));
  writeFileSync(stamp, lock);
}

function build() {
  const quiet = ['--output-logs=errors-only', '--no-update-notifier'];
  const { status, stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/turbo'),
    ['run', 'build', ...quiet],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', FORCE_COLOR: '0' },
    },
  );
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}`);
  process.exit(status ?? 1);
}

function orExit(status) {
  if (status !== 0) process.exit(status);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setUp();

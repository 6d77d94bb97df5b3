// `npm test`: sets the checkout up, runs every runner, and ends with one line that totals them.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const results = [await cargo(), await vitest()];
const passed = sum('passed');
const failed = sum('failed');
const skipped = sum('skipped');
if (skipped > 0) {
  console.log('Skipped tests say what they miss; as root, lab/install.sh brings all of it (Debian 12).');
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 || results.some(({ status }) => status !== 0) ? 1 : 0;

function sum(key) {
  return results.reduce((total, result) => total + result[key], 0);
}

async function cargo() {
  // The binding needs Node to run: its tests are TypeScript's.
  const args = [
    'test',
    '--manifest-path',
    'native/engine/Cargo.toml',
    '--workspace',
    '--exclude',
    'blockferry-node',
  ];
  const { status, output } = await echo('cargo', args);
  const lines = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm)];
  const total = (index) => lines.reduce((count, line) => count + Number(line[index]), 0);
  // A build that failed has no such line, and is a failure all the same.
  return { status, passed: total(1), failed: total(2) || (status === 0 ? 0 : 1), skipped: total(3) };
}

async function vitest() {
  const folder = mkdtempSync(join(tmpdir(), 'blockferry-test-'));
  try {
    const report = join(folder, 'vitest.json');
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = await echo(join(root, 'node_modules/.bin/vitest'), [
      ...args,
      ...process.argv.slice(2),
    ]);
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } =
      readReport(report);
    const failed = numFailedTests || (status === 0 ? 0 : Math.max(1, numFailedTestSuites));
    return { status, passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {
      numPassedTests: 0,
      numFailedTests: 1,
      numPendingTests: 0,
      numTodoTests: 0,
      numFailedTestSuites: 1,
    };
  }
}

/** Runs a program, shows its output, and returns what it wrote. */
function echo(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const forward = (from, to) => {
      from.on('data', (chunk) => {
        output += chunk;
        to.write(chunk);
      });
    };
    forward(child.stdout, process.stdout);
    forward(child.stderr, process.stderr);
    child.on('error', (error) => resolve({ status: 1, output: `${output}${error.message}` }));
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

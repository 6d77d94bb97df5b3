// `npm run lint`: every formatter and linter, without changing a file.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
// What is checked for its types but not built: tests that hold type tests, and what uses the packages as a user does.
const TYPE_CHECKED = [
  'packages/qmp/test',
  'packages/typed-params/test',
  'packages/nbd/test',
  'packages/libvirt/test',
  'packages/migrate/test',
  'packages/cli/test',
  'native/libvirt/test',
  'bench/test',
  'examples',
  'test',
];
const engine = ['--manifest-path', 'native/engine/Cargo.toml'];
const checks = [
  ['node_modules/.bin/biome', ['check', '.']],
  ['cargo', ['fmt', ...engine, '--all', '--check']],
  [
    'cargo',
    [
      'clippy',
      ...engine,
      '--workspace',
      '--exclude',
      'blockferry-node',
      '--all-targets',
      '--',
      '-D',
      'warnings',
    ],
  ],
  // The addon registers itself outside tests only; as a test target everything in it looks unused.
  ['cargo', ['clippy', ...engine, '--package', 'blockferry-node', '--', '-D', 'warnings']],
  ...cppFormat(),
  ...TYPE_CHECKED.map((folder) => ['node_modules/.bin/tsc', ['-p', folder]]),
  [process.execPath, ['scripts/check-docs.mjs']],
  [process.execPath, ['scripts/check-examples.mjs']],
  [process.execPath, ['scripts/generate-docs.mjs', '--check']],
];
process.exitCode = checks.map(([command, args]) => run(command, args)).some((status) => status !== 0) ? 1 : 0;

/** The check of the C++ sources' format, where there is clang-format; in the lab there has to be. */
function cppFormat() {
  const isThere = spawnSync('clang-format', ['--version'], { stdio: 'ignore' }).status === 0;
  const { BLOCKFERRY_LAB: inLab } = process.env;
  if (!isThere && inLab !== '1') {
    console.error('clang-format is missing (Debian: apt install clang-format): C++ sources are not checked');
    return [];
  }
  const folder = 'native/libvirt/src';
  const sources = readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  return [['clang-format', ['--dry-run', '--Werror', ...sources]]];
}

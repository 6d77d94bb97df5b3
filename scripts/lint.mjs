// `npm run lint`: every formatter and linter, without changing a file.
import { run, setUp } from './setup.mjs';

setUp();
// What is checked for its types but not built: tests that hold type tests, and what uses the packages as a user does.
const TYPE_CHECKED = [
  'packages/qmp/test',
  'packages/typed-params/test',
  'packages/libvirt/test',
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
  ...TYPE_CHECKED.map((folder) => ['node_modules/.bin/tsc', ['-p', folder]]),
  [process.execPath, ['scripts/check-docs.mjs']],
  [process.execPath, ['scripts/generate-docs.mjs', '--check']],
];
process.exitCode = checks.map(([command, args]) => run(command, args)).some((status) => status !== 0) ? 1 : 0;

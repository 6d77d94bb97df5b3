// `npm run lint`: every formatter and linter, without changing a file.
import { run, setUp } from './setup.mjs';

setUp();
// Packages whose tests hold type tests.
const TYPE_TESTED = ['qmp', 'typed-params'];
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
  ...TYPE_TESTED.map((name) => ['node_modules/.bin/tsc', ['-p', `packages/${name}/test`]]),
];
process.exitCode = checks.map(([command, args]) => run(command, args)).some((status) => status !== 0) ? 1 : 0;

// `npm run lint`: every formatter and linter, without changing a file.
import { run, setUp } from './setup.mjs';

setUp();
const engine = ['--manifest-path', 'native/engine/Cargo.toml'];
const checks = [
  ['node_modules/.bin/biome', ['check', '.']],
  ['cargo', ['fmt', ...engine, '--all', '--check']],
  ['cargo', ['clippy', ...engine, '--workspace', '--all-targets', '--', '-D', 'warnings']],
];
process.exitCode = checks.map(([command, args]) => run(command, args)).some((status) => status !== 0) ? 1 : 0;

// `npm run sanitize`: the engine's tests under AddressSanitizer and its leak check, with the stable toolchain.
//
// Every byte that is read or written through a pointer is watched, in the crates and in what they stand on. What a
// sanitizer's own memory would decide is left out: how much a peer can cost, and the models, which have no pointers.
import { rustHost } from './rust-host.mjs';
import { run } from './setup.mjs';

const manifest = ['--manifest-path', 'native/engine/Cargo.toml'];
const build = ['--target', rustHost(), '--target-dir', 'native/engine/target/sanitize'];
const crates = ['--workspace', '--exclude', 'blockferry-node', '--exclude', 'models'];
const args = [
  'test',
  ...manifest,
  ...build,
  ...crates,
  '--no-fail-fast',
  '--',
  '--skip',
  'costs_no_more_than',
];
process.exitCode = run('cargo', args, {
  env: {
    ...process.env,
    // The sanitizer comes with the stable toolchain; the switch for it does not yet.
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: '-Zsanitizer=address -Cforce-frame-pointers=yes',
  },
});

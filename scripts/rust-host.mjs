// The name that the Rust compiler has for this machine, such as x86_64-unknown-linux-gnu.
import { spawnSync } from 'node:child_process';

/** Given as `--target`, it keeps RUSTFLAGS from what runs while building: build scripts and macros. */
export function rustHost() {
  const { stdout } = spawnSync('rustc', ['-vV'], { encoding: 'utf8' });
  return /^host: (.*)$/m.exec(stdout ?? '')?.[1] ?? 'x86_64-unknown-linux-gnu';
}

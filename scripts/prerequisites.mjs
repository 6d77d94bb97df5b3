// What a checkout needs that npm cannot bring, and how to get it.
import { spawnSync } from 'node:child_process';

const NODE_FLOOR = [20, 19];

/** The missing ones, each as a sentence that says what to do. */
export function missingPrerequisites() {
  const missing = [];
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor < NODE_FLOOR[1])) {
    missing.push(
      `Node ${NODE_FLOOR.join('.')} or newer (this is ${process.versions.node}): https://nodejs.org`,
    );
  }
  if (!runs('cargo', ['--version'])) {
    missing.push(
      'cargo, Rust 1.88 or newer: https://rustup.rs, or your distribution (Debian: apt install cargo)',
    );
  }
  if (!['c++', 'g++', 'clang++'].some((compiler) => runs(compiler, ['--version']))) {
    missing.push(
      'a C++ compiler, which also links the engine: Debian: apt install g++, Fedora: dnf install gcc-c++',
    );
  }
  return missing;
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

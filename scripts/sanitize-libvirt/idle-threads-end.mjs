// The variables of a thread that idles would be taken for leaks: waits for the binding's threads to end, as they do.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

export function setup() {}

export async function teardown() {
  const deadline = performance.now() + DEADLINE_MS;
  while (idleThreads().length > 0) {
    if (performance.now() > deadline) throw new Error(`threads that do not end: ${idleThreads().join(', ')}`);
    await setTimeout(100);
  }
}

function idleThreads() {
  return readdirSync(TASKS)
    .map(nameOf)
    .filter((name) => POOLS.has(name));
}

function nameOf(task) {
  try {
    return readFileSync(`${TASKS}/${task}/comm`, 'utf8').trim();
  } catch {
    return ''; // it has ended meanwhile
  }
}

const TASKS = '/proc/self/task';
const POOLS = new Set(['libvirt-short', 'libvirt-long']);
const DEADLINE_MS = 60_000;

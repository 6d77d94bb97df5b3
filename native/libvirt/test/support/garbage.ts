import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Collects garbage and lets finalizers run. */
export async function collectGarbage(): Promise<void> {
  collect();
  await setImmediate();
}

/** Collects garbage again and again, until the promise has settled. */
export async function collectGarbageUntil<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  while (!isSettled) await collectGarbage();
  return await settled;
}

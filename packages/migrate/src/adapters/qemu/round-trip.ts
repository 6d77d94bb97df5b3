import type { QmpClient } from '@blockferry/qmp';

/** To a QEMU and back, in milliseconds: the fastest of a few answers, for a busy one takes its time now and then. */
export async function measureRoundTrip(qmp: QmpClient): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const began = performance.now();
    await qmp.execute('query-status');
    fastest = Math.min(fastest, performance.now() - began);
  }
  return fastest;
}

const SAMPLES = 3;

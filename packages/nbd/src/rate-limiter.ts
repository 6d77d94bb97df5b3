import { BindingRateLimiter } from '@blockferry/engine';
import { checkInteger } from './check-integer.js';

/** A limit in bytes per second that several copies share; it can change while they run. */
export class RateLimiter {
  /** @internal */
  readonly native: BindingRateLimiter;

  /** Without `bytesPerSecond`: no limit. */
  constructor(bytesPerSecond?: number) {
    this.native = new BindingRateLimiter(checkRate(bytesPerSecond));
  }

  /** Changes the limit at once; `undefined` or 0 lifts it. */
  setRate(bytesPerSecond: number | undefined): void {
    this.native.setRate(checkRate(bytesPerSecond));
  }
}

function checkRate(bytesPerSecond: number | undefined): number | undefined {
  return checkInteger('The bandwidth', bytesPerSecond, 0, Number.MAX_SAFE_INTEGER) || undefined;
}

/**
 * How much downtime the state stream may plan for by itself, in milliseconds.
 *
 * The stream stops the guest as soon as what memory is left fits its limit, however little that would be a moment
 * later: with the user's whole allowance it leaves tens of MiB for the standstill. So it starts with little, and gets
 * more only when the guest writes memory too fast for that: twice as much with every pass that was not enough.
 *
 * @param pass QEMU's count of passes over the guest's memory, from 1.
 */
export function downtimeLimit(pass: number, maxDowntimeMs: number): number {
  const doublings = Math.max(0, pass - PATIENT_PASSES);
  return Math.min(maxDowntimeMs, FIRST_LIMIT_MS * 2 ** doublings);
}

const FIRST_LIMIT_MS = 20;
/** The first pass sends all memory, the next two mostly what was written meanwhile. */
const PATIENT_PASSES = 3;

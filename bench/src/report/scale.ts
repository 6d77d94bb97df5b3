/** Where values lie in a plot; positions are in tenths of a unit, for they are written out. */
export interface Scale {
  readonly at: (value: number) => number;
  /** Values to be named below. */
  readonly ticks: readonly number[];
}

/** For ratios: logarithmic, so that half and twice are equally far from 1, which is always in it. */
export function ratioScale(values: readonly number[], width: number): Scale {
  const shown = values.filter(isShown);
  const [least, most] = [Math.min(1, ...shown) / MARGIN, Math.max(1, ...shown) * MARGIN];
  const at = (value: number): number => toTenths((width * Math.log(value / least)) / Math.log(most / least));
  const ticks: number[] = [];
  for (const tick of tickCandidates(least, most)) {
    const distance = Math.min(...ticks.map((other) => Math.abs(at(other) - at(tick))));
    const isInside = at(tick) >= TICK_ROOM / 2 && at(tick) <= width - TICK_ROOM / 2;
    if (distance >= TICK_ROOM && (isInside || tick === 1)) ticks.push(tick);
  }
  return { at, ticks: ticks.toSorted((a, b) => a - b) };
}

/** Whether a ratio has a place in the plot: one that divides by zero has none. */
export function isShown(ratio: number): boolean {
  return Number.isFinite(ratio) && ratio > 0;
}

/** For amounts: from zero on. */
export function barScale(values: readonly number[], width: number): Scale {
  const most = Math.max(0, ...values.filter(Number.isFinite));
  return { at: (value) => (most === 0 ? 0 : toTenths((Math.max(0, value) * width) / most)), ticks: [] };
}

/** The more important ones first: 1, then rounder ones. */
function tickCandidates(least: number, most: number): number[] {
  const decades = Array.from(
    { length: Math.ceil(Math.log10(most)) - Math.floor(Math.log10(least)) + 1 },
    (_, index) => Math.floor(Math.log10(least)) + index,
  );
  return [
    1,
    ...ROUND.flatMap((digits) => decades.map((decade) => Number(`${digits}e${decade}`))).filter(
      (tick) => tick !== 1 && tick >= least && tick <= most,
    ),
  ];
}

function toTenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Left free on both sides. */
const MARGIN = 1.08;
/** What the name of a tick takes. */
const TICK_ROOM = 36;
const ROUND = [1, 5, 2, 7.5, 1.5, 3, 4, 6, 8, 9, 1.2];

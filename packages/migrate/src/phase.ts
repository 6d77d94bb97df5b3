/** The phases of a migration, in order. */
export const PHASES = [
  'begin',
  'prepare',
  'bulk',
  'precopy',
  'state',
  'switchover',
  'finish',
  'confirm',
] as const;
/** One of `PHASES`. */
export type Phase = (typeof PHASES)[number];

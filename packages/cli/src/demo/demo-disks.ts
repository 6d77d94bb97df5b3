/** A disk of the demonstration's guest. */
export interface DemoDisk {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Not selected: the guest has filled it and leaves it alone, for it stays behind. */
  readonly idle: boolean;
}

export interface DemoSelection {
  readonly disks: readonly DemoDisk[];
  /** Names of the disks to move, as the user gave them. */
  readonly selected: readonly string[];
}

/** `count` disks `vda`, `vdb`, ...; without a selection all but the last one move. */
export function demoDisks(count: number, size: number, selected?: readonly string[]): DemoSelection {
  const names = Array.from({ length: count }, (_, index) => `vd${String.fromCharCode(FIRST_LETTER + index)}`);
  const moving = selected ?? names.slice(0, Math.max(1, count - 1));
  return { disks: names.map((name) => ({ name, size, idle: !moving.includes(name) })), selected: moving };
}

/** As many as there are letters. */
export const MAX_DEMO_DISKS = 26;

const FIRST_LETTER = 'a'.charCodeAt(0);

import type { Colors } from '../output/colors.js';
import { printable } from '../output/printable.js';
import { formatBytes, formatClock, formatPercent, formatRate } from '../output/units.js';
import type { DiskProgress } from './disk-progress.js';

export interface LineStyle {
  /** Columns that the line may take. */
  readonly width: number;
  readonly colors: Colors;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

/** One line for each disk, in columns: name, stage, bar, percent, rate, bytes left, time left. */
export function diskLines(disks: readonly DiskProgress[], style: LineStyle): string[] {
  const names = disks.map(({ disk }) => shorten(printable(disk), MAX_NAME));
  const nameWidth = Math.max(0, ...names.map((name) => name.length));
  const lead = INDENT + (nameWidth > 0 ? nameWidth + GAP : 0) + STAGE_WIDTH + GAP;
  if (style.width < lead + GAP + PERCENT.width) {
    return disks.map((disk, index) =>
      `${formatPercent(disk.fraction)} ${names[index]}`.slice(0, style.width),
    );
  }
  const fields = fittingFields(style.width - lead);
  const barWidth = Math.max(
    0,
    style.width - lead - fields.reduce((sum, field) => sum + GAP + field.width, 0),
  );
  return disks.map((disk, index) => {
    const name = (names[index] ?? '').padEnd(nameWidth);
    const cells = fields.map((field) => field.text(disk).padStart(field.width));
    const head = nameWidth > 0 ? [style.colors.bold(name)] : [];
    const parts = [...head, disk.stage.padEnd(STAGE_WIDTH), bar(disk.fraction, barWidth, style), ...cells];
    return `${' '.repeat(INDENT)}${parts.join(' '.repeat(GAP))}`.trimEnd();
  });
}

/** `━━━━━╸────`, exactly `width` columns. */
export function bar(fraction: number, width: number, { colors, unicode }: LineStyle): string {
  const [full, half, rest] = unicode ? ['━', '╸', '─'] : ['#', '', '-'];
  const filled = Math.min(width, Math.max(0, fraction * width));
  const whole = Math.floor(filled);
  const tip = filled - whole >= 0.5 ? half : '';
  const done = (full ?? '').repeat(whole) + (tip ?? '');
  return colors.green(done) + colors.dim((rest ?? '').repeat(width - done.length));
}

interface Field {
  readonly width: number;
  readonly text: (disk: DiskProgress) => string;
}

/** All fields, or, where the bar would be too short, those that matter most. */
function fittingFields(room: number): readonly Field[] {
  const sets = [[PERCENT, RATE, LEFT, TIME], [PERCENT, RATE, TIME], [PERCENT, TIME], [PERCENT]];
  const fits = sets.find((set) => set.reduce((sum, field) => sum + GAP + field.width, MIN_BAR) <= room);
  return fits ?? [PERCENT];
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}

const PERCENT: Field = { width: 4, text: ({ fraction }) => formatPercent(fraction) };
const RATE: Field = {
  width: 10,
  text: ({ bytesLeft, bytesPerSecond }) => (bytesLeft > 0 ? formatRate(bytesPerSecond) : ''),
};
const LEFT: Field = { width: 8, text: ({ bytesLeft }) => (bytesLeft > 0 ? formatBytes(bytesLeft) : '') };
const TIME: Field = {
  width: 10,
  text: ({ bytesLeft, secondsLeft }) => {
    if (bytesLeft === 0) return 'done';
    return secondsLeft === undefined ? '' : `${formatClock(secondsLeft)} left`;
  },
};

const INDENT = 2;
const GAP = 2;
const STAGE_WIDTH = 'round 99'.length;
const MAX_NAME = 16;
const MIN_BAR = 10;

import type { MigrationPlan, PlannedDisk, Problem } from '@blockferry/migrate';
import type { Colors } from './colors.js';
import { printable } from './printable.js';
import { formatTable, wrap } from './table.js';
import { formatBytes } from './units.js';

/** How text is laid out. */
export interface TextStyle {
  readonly colors: Colors;
  readonly width: number | undefined;
}

/** A plan for people: every disk with its fate and the reason, the estimate, then what is in the way. */
export function planText(plan: MigrationPlan, style: TextStyle): string {
  const { colors, width } = style;
  const columns = [
    { title: 'DISK' },
    { title: '' },
    { title: 'SIZE', align: 'right' },
    { title: 'TO COPY', align: 'right' },
    { title: 'TO' },
    { title: 'WHY' },
  ] as const;
  const moving = plan.disks.filter(({ action }) => action === 'move').length;
  return [
    `From ${printable(plan.from)}\nto   ${printable(plan.to)}\n`,
    plan.disks.length > 0 && formatTable(columns, plan.disks.map(diskRow), { width, title: colors.dim }),
    `${moving} of ${plan.disks.length} disks would move, about ${formatBytes(plan.estimateBytes)} to copy.\n`,
    plan.warnings.map((warning) => `${colors.yellow('warning:')} ${printable(warning)}\n`).join(''),
    problemsText(plan.problems, style),
  ]
    .filter((part) => part !== false && part !== '')
    .join('\n');
}

/** What has to be put right first, one point each. */
export function problemsText(problems: readonly Problem[], { colors, width }: TextStyle): string {
  if (problems.length === 0) return '';
  const head = problems.length === 1 ? 'One problem:' : `${problems.length} problems:`;
  const points = problems.map(({ code, disk, message }) => {
    const text = `${disk === undefined ? '' : `${disk}: `}${message} [${code}]`;
    const lines = wrap(printable(text), width === undefined ? Number.POSITIVE_INFINITY : width - 4);
    return `  - ${lines.join('\n    ')}\n`;
  });
  return `${colors.red(head)}\n${points.join('')}`;
}

function diskRow(disk: PlannedDisk): string[] {
  const others = disk.names.filter((name) => name !== disk.disk);
  const also = others.length === 0 ? '' : `; also known as ${others.join(', ')}`;
  return [
    printable(disk.disk),
    disk.action === 'move' ? 'moves' : 'stays',
    formatBytes(disk.size),
    disk.action === 'move' ? formatBytes(disk.estimateBytes) : '-',
    disk.action === 'move' && disk.destination !== undefined ? destinationText(disk) : '-',
    printable(`${disk.reason}${also}`),
  ];
}

/** The destination's disk, with its size where that is another. */
function destinationText({ size, destination }: PlannedDisk): string {
  if (destination === undefined) return '-';
  const other = destination.size === size ? '' : ` (${formatBytes(destination.size)})`;
  return printable(`${destination.disk}${other}`);
}

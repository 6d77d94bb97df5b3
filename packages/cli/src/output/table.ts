export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Rows under titles. Only the last column is wrapped, where the table would be wider than `width`; without
 * `width` nothing is. Cells must not contain colours; `style` adds them to whole lines of a row.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly width?: number | undefined; readonly title?: (line: string) => string } = {},
): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, INDENT.length);
  const room =
    options.width === undefined ? Number.POSITIVE_INFINITY : Math.max(MIN_LAST, options.width - before);
  const format = (cells: readonly string[]): string[] => {
    const parts = wrap(cells[last] ?? '', room);
    return parts.map((part, line) => {
      const shown = cells.map((cell, index) => (index === last ? part : line === 0 ? cell : ''));
      const padded = shown.map((cell, index) => {
        if (columns[index]?.align === 'right') return cell.padStart(widths[index] ?? 0);
        return index === last ? cell : cell.padEnd(widths[index] ?? 0);
      });
      return `${INDENT}${padded.join(GAP)}`.trimEnd();
    });
  };
  const title = options.title ?? ((line: string) => line);
  const head = format(columns.map((column) => column.title)).map(title);
  return [...head, ...rows.flatMap(format)].map((line) => `${line}\n`).join('');
}

/** Breaks `text` between words into lines of at most `width`; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

const INDENT = '  ';
const GAP = '  ';
const MIN_LAST = 24;

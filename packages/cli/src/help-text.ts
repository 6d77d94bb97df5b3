import { wrap } from './output/table.js';

/** What stands below a command's options: an example to copy, then paragraphs. */
export function helpEnd(example: string, ...paragraphs: readonly string[]): string {
  const wrapped = paragraphs.map((text) => `\n${wrap(text, WIDTH).join('\n')}\n`);
  return `\nExample:\n  ${example}\n${wrapped.join('')}`;
}

const WIDTH = 80;

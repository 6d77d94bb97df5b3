import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pageOf } from './page.js';
import type { Report } from './report.js';

/** Writes the report as JSON and as a page into `folder`, named by when it began; resolves with the two paths. */
export async function writeReports(report: Report, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const base = join(folder, report.startedAt.replace(/\.\d+Z$/, '').replaceAll(':', '-'));
  const files = [
    [`${base}.json`, `${JSON.stringify(report, null, 2)}\n`],
    [`${base}.html`, pageOf(report)],
  ] as const;
  for (const [path, text] of files) await writeFile(path, text);
  return files.map(([path]) => path);
}

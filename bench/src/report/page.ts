import type { Report } from './report.js';

/** The report as a page of its own: no script, no other file. */
export function pageOf(report: Report): string {
  return `<!doctype html><pre>${JSON.stringify(report)}</pre>`;
}

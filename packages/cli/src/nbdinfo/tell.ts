import type { ExportInfo } from '@blockferry/nbd';
import { EXIT } from '../exit-status.js';
import type { Output } from '../output/output.js';
import { serverReport, serverText } from './exports.js';

/** The result of `info` and `list`. */
export async function tellExports(
  output: Output,
  uri: string,
  exports: readonly ExportInfo[],
): Promise<void> {
  const report = serverReport(uri, exports);
  await output.object({ type: 'result', ok: true, exit: EXIT.done, ...report });
  await output.text(serverText(report));
}

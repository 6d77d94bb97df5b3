import type { CopyResult } from '@blockferry/nbd';
import { formatBytes, formatDuration, formatRate } from './units.js';

/** `Copied 10 GiB in 12.3 s: 4.21 GiB moved (350 MiB/s), 2 GiB zeroed, 3.79 GiB skipped.` */
export function copyText({ size, bytesMoved, bytesZeroed, bytesSkipped, ms }: CopyResult): string {
  const rate = ms > 0 ? ` (${formatRate((bytesMoved * 1000) / ms)})` : '';
  return (
    `Copied ${formatBytes(size)} in ${formatDuration(ms)}: ${formatBytes(bytesMoved)} moved${rate}, ` +
    `${formatBytes(bytesZeroed)} zeroed, ${formatBytes(bytesSkipped)} skipped.`
  );
}

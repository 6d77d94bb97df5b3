/** `1.50 GiB`, `312 MiB`, `512 B`: three digits, none behind the point where the number is whole. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1010.4 would need a fifth character for the point; 1010 does not.
  while ((value >= 1024 || (value >= 999.5 && !Number.isInteger(value))) && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${threeDigits(value)} ${UNITS[unit]}`;
}

/** `312 MiB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `412 ms`, `12.3 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(ms: number): string {
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A clock for narrow columns: `0:07`, `12:30`, `3h05`, at most five columns. */
export function formatClock(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}:${pad(whole % 60)}`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 6000 ? `${Math.floor(minutes / 60)}h${pad(minutes % 60)}` : '>99h';
}

/** `62%`, rounded down: 100% means all of it. */
export function formatPercent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)}%`;
}

function threeDigits(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

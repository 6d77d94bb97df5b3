import type { Step } from './step.js';

/**
 * Whether two answers that differ are both right: the deviations that random bytes run into. All are of `fromXdr`.
 *
 * Ours may refuse what libvirt decodes with a loss, and refuses what is not UTF-8. Where libvirt's XDR fails it has no
 * message, and reads on past faults that ours stops at. A NaN has the bits that it had in C, and any in JavaScript.
 */
export function isTolerated(step: Step, libvirt: string, ours: string): boolean {
  if (step.call !== 'fromXdr') return false;
  const isRefused = ours.startsWith('error ');
  if (libvirt === 'undecodable') return isRefused;
  if (libvirt.startsWith('lossy')) return isRefused || ours === libvirt.replace('lossy', 'ok');
  return (isRefused && !isUtf8(libvirt)) || withOneNaN(libvirt) === ours;
}

function isUtf8(answer: string): boolean {
  try {
    decodeURIComponent(answer);
    return true;
  } catch {
    return false;
  }
}

function withOneNaN(answer: string): string {
  return answer.replace(/ double [7f]ff(?!0000000000000)[\da-f]{13}/g, ' double 7ff8000000000000');
}

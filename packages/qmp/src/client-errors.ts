import { QmpError } from './error.js';

/** A command, and the monitor that it was for. */
export interface CommandSite {
  readonly command: string;
  readonly uri: string;
}

export function refused(site: CommandSite, errorClass: string, description: string): QmpError {
  const message = `QEMU refused ${site.command}: ${description}`;
  return new QmpError('QMP_COMMAND', message, { ...site, class: errorClass, description });
}

export function timedOut(site: CommandSite, timeoutMs: number): QmpError {
  const message =
    `QEMU did not answer ${site.command} within ${timeoutMs} ms. It may still carry it out: ` +
    'ask for the state before trying again.';
  return new QmpError('QMP_TIMEOUT', message, { ...site });
}

export function notSent(site: CommandSite, cause: QmpError): QmpError {
  const message = `${site.command} was not sent: the monitor connection is closed. Open a new one.`;
  return new QmpError('QMP_CLOSED', message, { ...site, cause });
}

export function unanswered(site: CommandSite, cause: QmpError): QmpError {
  const message =
    `The monitor connection was gone before QEMU answered ${site.command}. It may have been carried out: ` +
    'ask for the state on a new connection.';
  return new QmpError('QMP_CLOSED', message, { ...site, cause });
}

export function lost(cause?: unknown): QmpError {
  const message = 'The monitor connection was lost: QEMU ended, or something between closed it.';
  return new QmpError('QMP_CLOSED', message, cause === undefined ? {} : { cause });
}

export function eventTimedOut(timeoutMs: number): QmpError {
  const message = `The event did not come within ${timeoutMs} ms. Ask QEMU for its state before going on.`;
  return new QmpError('QMP_TIMEOUT', message);
}

export function eventUnseen(cause: QmpError): QmpError {
  const message =
    'The monitor connection was gone before the event came. Ask QEMU for its state on a new one.';
  return new QmpError('QMP_CLOSED', message, { cause });
}

import { QmpError } from './error.js';

export function refused(command: string, errorClass: string, description: string): QmpError {
  const message = `QEMU refused ${command}: ${description}`;
  return new QmpError('QMP_COMMAND', message, { command, class: errorClass, description });
}

export function timedOut(command: string, timeoutMs: number): QmpError {
  const message =
    `QEMU did not answer ${command} within ${timeoutMs} ms. It may still carry it out: ` +
    'ask for the state before trying again.';
  return new QmpError('QMP_TIMEOUT', message, { command });
}

export function notSent(command: string, cause: QmpError): QmpError {
  const message = `${command} was not sent: the monitor connection is closed. Open a new one.`;
  return new QmpError('QMP_CLOSED', message, { command, cause });
}

export function unanswered(command: string, cause: QmpError): QmpError {
  const message =
    `The monitor connection was gone before QEMU answered ${command}. It may have been carried out: ` +
    'ask for the state on a new connection.';
  return new QmpError('QMP_CLOSED', message, { command, cause });
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

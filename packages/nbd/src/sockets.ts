import { checkInteger } from './check-integer.js';
import { NbdError } from './error.js';

/**
 * The sockets that a service manager has handed this process over (systemd socket activation), to be served on:
 * `serve({ listen: { sockets } })`. `undefined` where there are none, or they are another process's.
 *
 * Takes the variables out of `env`, so that child processes do not take them for theirs.
 *
 * @throws {NbdError} `INVALID_ARGUMENT` where `LISTEN_FDS` is no number of sockets.
 * Source: systemd, sd_listen_fds(3).
 */
export function systemdSockets(env: NodeJS.ProcessEnv = process.env): readonly number[] | undefined {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = env;
  if (pid !== String(process.pid) || count === undefined) return undefined;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete env[name];
  const sockets = /^[1-9]\d{0,3}$/.test(count) ? Number(count) : 0;
  if (sockets === 0)
    throw new NbdError('INVALID_ARGUMENT', `LISTEN_FDS is "${count}": no number of sockets.`);
  return Array.from({ length: sockets }, (_, index) => FIRST + index);
}

/** @throws {NbdError} `INVALID_ARGUMENT` */
export function checkDescriptor(descriptor: number): number {
  return checkInteger('A socket', descriptor, FIRST, 0x7fffffff) ?? FIRST;
}

/** Standard input, output and error are before it. */
const FIRST = 3;

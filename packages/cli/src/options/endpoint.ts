import { InvalidArgumentError } from 'commander';
import { notBuilt } from '../usage-error.js';

/** An NBD URI or a path, as it is; TLS is refused here, before anything is opened. */
export function parseEndpoint(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  if (/^nbds(\+[a-z]+)?:/i.test(text))
    throw notBuilt(`TLS (${text})`, 'give a URI without it, such as nbd://host');
  return text;
}

/** What the help of a command with endpoints says. */
export const SERVER_COMMANDS: string =
  'Instead of an NBD URI: [ COMMAND ARGUMENTS ], a server such as nbdkit or qemu-nbd that is started for this and ' +
  'ended afterwards. The brackets are words of their own.';

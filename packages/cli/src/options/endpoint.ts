import { InvalidArgumentError } from 'commander';

/** An NBD URI or a path, as it is. */
export function parseEndpoint(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/** What the help of a command with endpoints says. */
export const SERVER_COMMANDS: string =
  'Instead of an NBD URI: [ COMMAND ARGUMENTS ], a server such as nbdkit or qemu-nbd that is started for this and ' +
  'ended afterwards. The brackets are words of their own.';

/** Where an NBD server listens for a migration. Whether it speaks TLS is not the address's to say. */
export function parseNbdAddress(text: string): string {
  if (/^nbds(\+[a-z]+)?:/i.test(text)) {
    throw new InvalidArgumentError('Give the address without TLS (nbd://), and --tls-creds DIR.');
  }
  return parseEndpoint(text);
}

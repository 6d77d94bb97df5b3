import { InvalidArgumentError } from 'commander';
import { notBuilt } from '../usage-error.js';

/** An NBD URI or a path, as it is; TLS is refused here, before anything is opened. */
export function parseEndpoint(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  if (/^nbds(\+[a-z]+)?:/i.test(text))
    throw notBuilt(`TLS (${text})`, 'give a URI without it, such as nbd://host');
  return text;
}

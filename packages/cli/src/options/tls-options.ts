import type { TlsCredentials } from '@blockferry/nbd';
import { type Command, InvalidArgumentError } from 'commander';

/** What a command that connects takes for TLS. */
export interface TlsOptions {
  readonly tlsCreds?: string;
}

/** Adds `--tls-creds` to a command whose arguments are NBD URIs. */
export function withTlsOptions(command: Command): Command {
  return command.option(
    '--tls-creds <dir>',
    'certificates for nbds:// URIs: ca-cert.pem, client-cert.pem, client-key.pem',
    parseFolder,
  );
}

/** The SDK's option. */
export function toTls({ tlsCreds }: TlsOptions): { readonly tls?: TlsCredentials } {
  return tlsCreds === undefined ? {} : { tls: { directory: tlsCreds } };
}

/** A folder's path, as it is. */
export function parseFolder(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

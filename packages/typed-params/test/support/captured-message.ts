import { readFileSync, writeFileSync } from 'node:fs';
import { type CarriedParams, carriedParams, parseMessage } from '@blockferry/lab';

/** A message between virsh and libvirtd that is kept in `fixtures/`. */
export interface CapturedMessage {
  /** The version of both. */
  readonly libvirt: string;
  /** What virsh was told; SOURCE and DESTINATION stand for the URIs of the hosts. */
  readonly command: string;
  /** All of it, with length and header, in hexadecimal. */
  readonly message: readonly string[];
}

/** The parameters of a kept message. */
export function readCaptured(name: string): CarriedParams {
  const captured = JSON.parse(readFileSync(fileOf(name), 'utf8')) as CapturedMessage;
  const [carried, ...more] = carriedParams([parseMessage(Buffer.from(captured.message.join(''), 'hex'))]);
  if (carried === undefined || more.length > 0)
    throw new Error(`${name} does not carry one list of parameters`);
  return carried;
}

/** Keeps a message in the place of the last one. */
export function writeCaptured(
  name: string,
  { message: { bytes } }: CarriedParams,
  from: Pick<CapturedMessage, 'libvirt' | 'command'>,
): void {
  const message = bytes.toString('hex').match(/.{1,100}/g) ?? [];
  writeFileSync(fileOf(name), `${JSON.stringify({ ...from, message }, undefined, 2)}\n`);
}

function fileOf(name: string): URL {
  return new URL(`../fixtures/${name}.json`, import.meta.url);
}

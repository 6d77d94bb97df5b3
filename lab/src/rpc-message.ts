/** A message of libvirt's RPC. Source: libvirt, src/rpc/virnetprotocol.x, struct virNetMessageHeader. */
export interface RpcMessage {
  /** With its length and its header. */
  readonly bytes: Buffer;
  readonly procedure: number;
  readonly type: 'call' | 'reply' | 'other';
  /** Whether a reply is no error. */
  readonly ok: boolean;
  readonly payload: Buffer;
}

/** All messages of one direction of a connection; what is not of libvirt's main program is left out. */
export function splitMessages(stream: Buffer): RpcMessage[] {
  const messages: RpcMessage[] = [];
  for (let offset = 0; offset < stream.length; ) {
    const bytes = stream.subarray(offset, offset + stream.readUInt32BE(offset));
    if (bytes.length < HEADER_BYTES) throw new RangeError(`a message of ${bytes.length} bytes`);
    if (bytes.readUInt32BE(4) === REMOTE_PROGRAM) messages.push(parseMessage(bytes));
    offset += bytes.length;
  }
  return messages;
}

/** The length, then program, version, procedure, type, serial and status. */
export function parseMessage(bytes: Buffer): RpcMessage {
  const type = bytes.readUInt32BE(16);
  return {
    bytes,
    procedure: bytes.readUInt32BE(12),
    type: type === 0 ? 'call' : type === 1 ? 'reply' : 'other',
    ok: bytes.readUInt32BE(24) === 0,
    payload: bytes.subarray(HEADER_BYTES),
  };
}

const HEADER_BYTES = 28;
const REMOTE_PROGRAM = 0x20008086;

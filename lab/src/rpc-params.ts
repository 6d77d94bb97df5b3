import type { RpcMessage } from './rpc-message.js';
import { XdrCursor } from './xdr-cursor.js';

/** The parameters that a message carries, in libvirt's bytes. */
export interface CarriedParams {
  /** Without its prefix REMOTE_PROC_. */
  readonly procedure: string;
  readonly bytes: Buffer;
  /** What follows them in the message. */
  readonly rest: Buffer;
  readonly message: RpcMessage;
}

/** The parameters of all messages that carry some and are known here, in their order. */
export function carriedParams(messages: readonly RpcMessage[]): CarriedParams[] {
  return messages.flatMap((message) => {
    const layout = layouts.find(({ type, number }) => type === message.type && number === message.procedure);
    if (layout === undefined || !message.ok) return [];
    const cursor = new XdrCursor(message.payload);
    const times = layout.records ? cursor.uint32() : 1;
    return Array.from({ length: times }, () => {
      for (const field of layout.before) skipField[field](cursor);
      const start = cursor.offset;
      skipParams(cursor);
      const bytes = message.payload.subarray(start, cursor.offset);
      return { procedure: layout.name, bytes, rest: message.payload.subarray(cursor.offset), message };
    });
  });
}

type Field = 'domain' | 'int' | 'string' | 'optional string';

interface Layout {
  readonly name: string;
  readonly number: number;
  readonly type: 'call' | 'reply';
  /** What is ahead of the parameters. */
  readonly before: readonly Field[];
  /** There are several, each with its own fields ahead, and their number ahead of all. */
  readonly records?: boolean;
}

/** Source: libvirt, src/remote/remote_protocol.x. */
const layouts: readonly Layout[] = [
  { name: 'DOMAIN_MIGRATE_BEGIN3_PARAMS', number: 302, type: 'call', before: ['domain'] },
  { name: 'DOMAIN_MIGRATE_PREPARE3_PARAMS', number: 303, type: 'call', before: [] },
  {
    name: 'DOMAIN_MIGRATE_PERFORM3_PARAMS',
    number: 305,
    type: 'call',
    before: ['domain', 'optional string'],
  },
  { name: 'DOMAIN_MIGRATE_FINISH3_PARAMS', number: 306, type: 'call', before: [] },
  { name: 'DOMAIN_MIGRATE_CONFIRM3_PARAMS', number: 307, type: 'call', before: ['domain'] },
  { name: 'DOMAIN_SET_BLKIO_PARAMETERS', number: 205, type: 'call', before: ['domain'] },
  { name: 'DOMAIN_SET_SCHEDULER_PARAMETERS_FLAGS', number: 219, type: 'call', before: ['domain'] },
  { name: 'DOMAIN_SET_BLOCK_IO_TUNE', number: 252, type: 'call', before: ['domain', 'string'] },
  { name: 'DOMAIN_SET_NUMA_PARAMETERS', number: 254, type: 'call', before: ['domain'] },
  { name: 'DOMAIN_SET_PERF_EVENTS', number: 366, type: 'call', before: ['domain'] },
  { name: 'DOMAIN_GET_SCHEDULER_PARAMETERS_FLAGS', number: 223, type: 'reply', before: [] },
  { name: 'DOMAIN_GET_JOB_STATS', number: 298, type: 'reply', before: ['int'] },
  { name: 'CONNECT_GET_ALL_DOMAIN_STATS', number: 344, type: 'reply', before: ['domain'], records: true },
];

const skipField: Readonly<Record<Field, (cursor: XdrCursor) => void>> = {
  domain: (cursor) => {
    cursor.skipCounted();
    cursor.skip(UUID_BYTES);
    cursor.skip(4);
  },
  int: (cursor) => cursor.skip(4),
  string: (cursor) => cursor.skipCounted(),
  'optional string': (cursor) => {
    if (cursor.uint32() !== 0) cursor.skipCounted();
  },
};

function skipParams(cursor: XdrCursor): void {
  for (let left = cursor.uint32(); left > 0; left--) {
    cursor.skipCounted();
    const type = cursor.uint32();
    if (type === STRING) cursor.skipCounted();
    else cursor.skip(WIDE.includes(type) ? 8 : 4);
  }
}

const UUID_BYTES = 16;
/** Source: libvirt, include/libvirt/libvirt-common.h, virTypedParameterType. */
const WIDE: readonly number[] = [3, 4, 5];
const STRING = 7;

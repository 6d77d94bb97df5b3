import { TypedParamsError } from '../error.js';
import { MAX_NAME_BYTES } from '../name.js';
import type { ParamType, TypedParam, ValueOfType } from '../param.js';
import { utf8Length } from '../utf8.js';
import { MAX_PAYLOAD_BYTES, MAX_STRING_BYTES, MAX_WIRE_PARAMS, type XdrOptions } from './limits.js';
import { XdrReader } from './reader.js';
import { XdrWriter } from './writer.js';

/**
 * The bytes of `remote_typed_param params<64>`: a count, then of each parameter its name, type and value.
 *
 * @throws {TypedParamsError} `RPC` for more than `maxParams` parameters, a string of more than 4 MiB, and more than 32 MiB
 * in all: libvirt's own limits.
 *
 * Source: libvirt, src/remote/remote_protocol.x, struct remote_typed_param; RFC 4506.
 */
export function encodeXdr(params: readonly TypedParam[], { maxParams }: XdrOptions): Uint8Array {
  checkCount(params.length, maxParams);
  const writer = new XdrWriter(MAX_PAYLOAD_BYTES);
  writer.uint32(params.length);
  for (const param of params) writeParam(writer, param);
  return writer.bytes();
}

/**
 * Reads what {@link encodeXdr} writes, which must be all of `bytes`. Takes what libvirt would, and no more: padding is
 * zero, and names and strings are UTF-8 without NUL.
 *
 * @throws {TypedParamsError} `INTERNAL_ERROR` for a name of more than 79 bytes in an otherwise sound message; `RPC`,
 * with the place of the fault, for everything else.
 */
export function decodeXdr(bytes: Uint8Array, { maxParams }: XdrOptions): TypedParam[] {
  const reader = new XdrReader(bytes);
  const count = reader.uint32('the number of parameters');
  checkCount(count, maxParams);
  const params: TypedParam[] = [];
  for (let i = 0; i < count; i++) params.push(readParam(reader));
  reader.end();
  for (const { name } of params) checkLength(name);
  return params;
}

function checkCount(count: number, limit = MAX_WIRE_PARAMS): void {
  if (count <= limit) return;
  throw new TypedParamsError('RPC', `too many parameters '${count}' for limit '${limit}'`);
}

/** As in libvirt the wire takes any string for a name, and the parameter does not. */
function checkLength(name: string): void {
  if (utf8Length(name) <= MAX_NAME_BYTES) return;
  throw new TypedParamsError('INTERNAL_ERROR', `parameter ${name} too big for destination`, name);
}

function writeParam<T extends ParamType>(
  writer: XdrWriter,
  { name, type, value }: { readonly name: string; readonly type: T; readonly value: ValueOfType<T> },
): void {
  const { discriminant, write } = codecs[type];
  writer.string(name, MAX_NAME_BYTES);
  writer.uint32(discriminant);
  write(writer, value);
}

function readParam(reader: XdrReader): TypedParam {
  const name = reader.string(MAX_STRING_BYTES, 'a name');
  const discriminant = reader.uint32('a type');
  const type = types.get(discriminant);
  if (type === undefined) throw reader.fault(`unexpected type ${discriminant} for field ${name}`);
  return Object.freeze({ name, type, value: codecs[type].read(reader, name) }) as TypedParam;
}

interface Codec<V> {
  /** The type on the wire. Source: libvirt, include/libvirt/libvirt-common.h, virTypedParameterType. */
  readonly discriminant: number;
  write(writer: XdrWriter, value: V): void;
  read(reader: XdrReader, name: string): V;
}

const codecs: { readonly [T in ParamType]: Codec<ValueOfType<T>> } = {
  int: {
    discriminant: 1,
    write: (writer, value) => writer.uint32(value),
    read: (reader, name) => reader.uint32(name) | 0,
  },
  uint: {
    discriminant: 2,
    write: (writer, value) => writer.uint32(value),
    read: (reader, name) => reader.uint32(name),
  },
  llong: {
    discriminant: 3,
    write: (writer, value) => writer.uint64(value),
    read: (reader, name) => BigInt.asIntN(64, reader.uint64(name)),
  },
  ullong: {
    discriminant: 4,
    write: (writer, value) => writer.uint64(value),
    read: (reader, name) => reader.uint64(name),
  },
  double: {
    discriminant: 5,
    write: (writer, value) => writer.double(value),
    read: (reader, name) => reader.double(name),
  },
  boolean: {
    discriminant: 6,
    write: (writer, value) => writer.uint32(value ? 1 : 0),
    // libvirt keeps the lowest byte, in a char, and takes whatever is not zero for true.
    read: (reader, name) => (reader.uint32(name) & 0xff) !== 0,
  },
  string: {
    discriminant: 7,
    write: (writer, value) => writer.string(value, MAX_STRING_BYTES),
    read: (reader, name) => reader.string(MAX_STRING_BYTES, name),
  },
};

const types: ReadonlyMap<number, ParamType> = new Map(
  (Object.keys(codecs) as ParamType[]).map((type) => [codecs[type].discriminant, type]),
);

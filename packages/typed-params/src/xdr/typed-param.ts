import { TypedParamsError } from '../error.js';
import { isTooLong } from '../name.js';
import type { ParamType, ParamValue, TypedParam } from '../param.js';
import { MAX_PAYLOAD_BYTES, MAX_STRING_BYTES } from './limits.js';
import { XdrReader } from './reader.js';
import { XdrWriter } from './writer.js';

/**
 * The bytes of `remote_typed_param params<limit>`: a count, then of each parameter its name, type and value.
 *
 * @throws {TypedParamsError} `RPC` for more than `limit` parameters, a string of more than 4 MiB, and more than 32 MiB
 * in all: libvirt's own limits.
 *
 * Source: libvirt, src/remote/remote_protocol.x, struct remote_typed_param; RFC 4506.
 */
export function encodeXdr(params: readonly TypedParam[], limit: number, lend: boolean): Uint8Array {
  checkCount(params.length, limit);
  const writer = new XdrWriter(MAX_PAYLOAD_BYTES);
  writer.uint32(params.length);
  for (const { name, type, value } of params) {
    writer.name(name);
    writer.uint32(discriminants[type]);
    writeValue(writer, type, value);
  }
  return lend ? writer.lent() : writer.bytes();
}

/**
 * Reads what {@link encodeXdr} writes, which must be all of `bytes`. Takes what libvirt would, and no more: padding is
 * zero, and names and strings are UTF-8 without NUL. The parameters are not frozen yet.
 *
 * @throws {TypedParamsError} `INTERNAL_ERROR` for a name of more than 79 bytes in an otherwise sound message; `RPC`,
 * with the place of the fault, for everything else.
 */
export function decodeXdr(bytes: Uint8Array, limit: number): TypedParam[] {
  const reader = new XdrReader(bytes);
  const count = reader.uint32('the number of parameters');
  checkCount(count, limit);
  const params: { name: string; type: ParamType; value: ParamValue }[] = [];
  for (let i = 0; i < count; i++) {
    const name = reader.name(MAX_STRING_BYTES, 'a name');
    const discriminant = reader.uint32('a type');
    const type = types[discriminant];
    if (type === undefined) throw reader.fault(`unexpected type ${discriminant} for field ${name}`);
    params.push({ name, type, value: readValue(reader, type, name) });
  }
  reader.end();
  for (const { name } of params) checkLength(name);
  return params as TypedParam[];
}

function checkCount(count: number, limit: number): void {
  if (count <= limit) return;
  throw new TypedParamsError('RPC', `too many parameters '${count}' for limit '${limit}'`);
}

/** As in libvirt the wire takes any string for a name, and the parameter does not. */
function checkLength(name: string): void {
  if (!isTooLong(name)) return;
  throw new TypedParamsError('INTERNAL_ERROR', `parameter ${name} too big for destination`, name);
}

function writeValue(writer: XdrWriter, type: ParamType, value: ParamValue): void {
  switch (type) {
    case 'int':
    case 'uint':
      writer.uint32(value as number);
      break;
    case 'llong':
    case 'ullong':
      writer.uint64(value as bigint);
      break;
    case 'double':
      writer.double(value as number);
      break;
    case 'boolean':
      writer.uint32(value ? 1 : 0);
      break;
    case 'string':
      writer.string(value as string, MAX_STRING_BYTES);
      break;
  }
}

function readValue(reader: XdrReader, type: ParamType, name: string): ParamValue {
  switch (type) {
    case 'int':
      return reader.uint32(name) | 0;
    case 'uint':
      return reader.uint32(name);
    case 'llong':
      return reader.int64(name);
    case 'ullong':
      return reader.uint64(name);
    case 'double':
      return reader.double(name);
    // libvirt keeps the lowest byte, in a char, and takes whatever is not zero for true.
    case 'boolean':
      return (reader.uint32(name) & 0xff) !== 0;
    case 'string':
      return reader.string(MAX_STRING_BYTES, name);
  }
}

/** A type on the wire. Source: libvirt, include/libvirt/libvirt-common.h, virTypedParameterType. */
const discriminants: Readonly<Record<ParamType, number>> = {
  int: 1,
  uint: 2,
  llong: 3,
  ullong: 4,
  double: 5,
  boolean: 6,
  string: 7,
};

const types: readonly (ParamType | undefined)[] = [
  undefined,
  'int',
  'uint',
  'llong',
  'ullong',
  'double',
  'boolean',
  'string',
];

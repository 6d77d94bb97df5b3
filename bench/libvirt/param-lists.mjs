// Lists of 64 typed parameters that the measurements share.
import { MAX_WIRE_PARAMS, TypedParams } from '@blockferry/typed-params';

/** Half disks' names, as a migration has; then one of every other type in turn, and a domain's XML. */
export function mixedParams() {
  const made = new TypedParams();
  for (let disk = 0; disk < MAX_WIRE_PARAMS / 2; disk++) made.addString('migrate_disks', `vd${disk}`);
  made.addString('destination_xml', `<domain type='kvm'>${"<disk type='file'/>".repeat(200)}</domain>`);
  while (made.size < MAX_WIRE_PARAMS) {
    const name = `some.parameter.${made.size}`;
    made
      .addInt(name, -1)
      .addUInt(name, 49152)
      .addLLong(name, -(2n ** 40n))
      .addULLong(name, 2n ** 63n);
    made.addDouble(name, 0.1).addBoolean(name, true);
    if (made.size > MAX_WIRE_PARAMS - 6) break;
  }
  while (made.size < MAX_WIRE_PARAMS) made.addString('compression', 'zstd');
  return made;
}

/** Counters of 64 bits under different names, as statistics are. */
export function counters() {
  const made = new TypedParams();
  for (let i = 0; i < MAX_WIRE_PARAMS; i++) made.addULLong(`memory_normal_bytes.${i}`, 2n ** BigInt(i) - 1n);
  return made;
}

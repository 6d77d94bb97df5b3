// @ts-check
// libvirt's typed parameters: a name may repeat, every value has a type, and a schema says what is allowed.
import { format, migrationSchema, parse, problems, TypedParams } from '@blockferry/typed-params';

const fromProgram = TypedParams.from({ migrate_disks: ['vda', 'vdb'], bandwidth: 100n }, migrationSchema);
const fromShell = parse(['migrate_disks=vdc', 'disks_port=49200'], migrationSchema);
const params = fromProgram.concat(fromShell);

console.log('disks:', params.getAll('migrate_disks').join(', '));
for (const { name, type, value } of params) console.log(`${name} (${type}) = ${value}`);
console.log('as text:', format(params).join(' '));
console.log('as JSON:', JSON.stringify(params));
console.log(`as libvirt's RPC has it: ${params.toXdr().length} bytes`);

// Names and types that the schema has not are told all at once.
const wrong = new TypedParams().addInt('bandwidth', 100).addString('migrate_disk', 'vda');
for (const { code, message } of problems(wrong, migrationSchema)) console.log(`${code}: ${message}`);

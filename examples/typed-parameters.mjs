// @ts-check
// libvirt's typed parameters: a name may repeat, every value has a type, and a schema says what is allowed.
import { appendText, migrationSchema, problems, TypedParams } from '@blockferry/typed-params';

const params = TypedParams.from({ migrate_disks: ['vda', 'vdb'], bandwidth: 100n }, migrationSchema);
appendText(params, migrationSchema, 'migrate_disks=vdc');

console.log('disks:', params.getAll('migrate_disks').join(', '));
for (const { name, type, value } of params) console.log(`${name} (${type}) = ${value}`);

// Names and types that the schema has not are told all at once.
const wrong = new TypedParams().addInt('bandwidth', 100).addString('migrate_disk', 'vda');
for (const { code, message } of problems(wrong, migrationSchema)) console.log(`${code}: ${message}`);

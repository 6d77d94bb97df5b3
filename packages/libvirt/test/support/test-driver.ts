import { writeFile } from 'node:fs/promises';
import { type Availability, requires, Scratch } from '@blockferry/lab';
import { type Connection, type ConnectOptions, connect } from '../../src/index.js';

/** What the tests need that run on libvirt's test driver, which is a part of its library: the addon. */
export const addon: Availability = requires('libvirt-headers');

/** A host that libvirt makes up, in this process, with one running domain and one pool; every one is a new one. */
export async function openTestHost(options?: ConnectOptions): Promise<Connection> {
  await using host = await writeTestHost(`${domainXml('test')}${poolXml('default-pool')}`);
  return await connect(host.uri, options);
}

/** A file that describes a host to the test driver. */
export interface TestHost extends AsyncDisposable {
  readonly uri: string;
}

export async function writeTestHost(content: string): Promise<TestHost> {
  const scratch = new Scratch();
  const file = scratch.join('host.xml');
  await writeFile(file, `<node>${content}</node>`);
  return { uri: `test://${file}`, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

export function domainXml(name: string, more = ''): string {
  return `<domain type='test'>
    <name>${name}</name>
    <memory unit='MiB'>64</memory>
    <currentMemory unit='MiB'>32</currentMemory>
    <vcpu>2</vcpu>
    <os><type>hvm</type></os>
    <devices>
      <disk type='file' device='disk'><source file='/guest/${name}.img'/><target dev='vda'/></disk>
      <disk type='file' device='disk'>
        <driver name='qemu' type='qcow2'/><source file='/guest/${name}.qcow2'/><target dev='vdb'/>
      </disk>
    </devices>
    ${more}
  </domain>`;
}

export function poolXml(name: string): string {
  return `<pool type='dir'><name>${name}</name><target><path>/${name}</path></target></pool>`;
}

export function volumeXml(name: string, bytes: number | bigint, allocated: number | bigint = bytes): string {
  return `<volume>
    <name>${name}</name>
    <capacity unit='bytes'>${bytes}</capacity>
    <allocation unit='bytes'>${allocated}</allocation>
  </volume>`;
}

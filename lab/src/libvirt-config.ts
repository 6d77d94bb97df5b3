import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes the folders that `libvirt-host.sh` gives to a host, and libvirtd's configuration in them. With TLS, migrations
 * take the certificates of that folder.
 */
export async function writeLibvirtConfig(
  folder: string,
  address: string,
  tlsFolder: string | undefined,
): Promise<void> {
  for (const part of ['images', 'etc', 'run/libvirt', 'lib', 'log', 'cache']) {
    await mkdir(join(folder, part), { recursive: true });
  }
  await writeFile(join(folder, 'etc/libvirtd.conf'), settings(daemonSettings()));
  await writeFile(join(folder, 'etc/qemu.conf'), settings(qemuSettings(address, tlsFolder)));
}

function daemonSettings(): Settings {
  return {
    // The machine's own would be the same on both hosts, and a guest does not migrate to the host it is on.
    host_uuid: randomUUID(),
    listen_tls: 0,
    auth_unix_rw: 'none',
    log_outputs: '3:stderr',
  };
}

/** No more of a host than the lab has: no cgroups, no security driver, no other user, no logging daemon. */
function qemuSettings(address: string, tlsFolder: string | undefined): Settings {
  return {
    user: 'root',
    group: 'root',
    dynamic_ownership: 0,
    remember_owner: 0,
    security_driver: 'none',
    namespaces: [],
    cgroup_controllers: [],
    stdio_handler: 'file',
    migration_address: address,
    migration_host: address,
    ...(tlsFolder === undefined ? {} : { migrate_tls_x509_cert_dir: tlsFolder }),
  };
}

type Settings = Readonly<Record<string, string | number | readonly string[]>>;

/** libvirt's configuration files write values as JSON does. */
function settings(all: Settings): string {
  return Object.entries(all)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('');
}

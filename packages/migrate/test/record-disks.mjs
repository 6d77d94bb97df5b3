// Records what a real QEMU tells about disks of every kind: `node record-disks.mjs NAME [QEMU]`, with qemu-img
// installed. Writes fixtures/NAME.json: a list of commands with their replies, as they came, folder names apart.
// `disks` is of QEMU 10.0, `disks-7.2` of lab/.cache/qemu-7.2/usr/bin/qemu-system-x86_64.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [, , name = 'disks', program = 'qemu-system-x86_64'] = process.argv;
const folder = mkdtempSync(join(tmpdir(), 'blockferry-record-'));
const monitor = createServer().listen(join(folder, 'monitor'));
await once(monitor, 'listening');
const qemu = spawn(program, options(), { stdio: 'inherit' });
try {
  const [socket] = await once(monitor, 'connection');
  const replies = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = async (command) => {
    socket.write(`${JSON.stringify(command)}\n`);
    for (;;) {
      const reply = JSON.parse((await replies.next()).value);
      if ('return' in reply || 'error' in reply) return { ...command, ...reply };
    }
  };
  await ask({ execute: 'qmp_capabilities' });
  const drives = await ask({ execute: 'query-block' });
  const exchanges = [
    drives,
    await ask({ execute: 'query-named-block-nodes', arguments: { flat: true } }),
    await ask({ execute: 'query-blockstats', arguments: { 'query-nodes': true } }),
  ];
  for (const { qdev } of drives.return) {
    if (qdev === undefined) continue;
    const path = qdev.startsWith('/') ? qdev : `/machine/peripheral/${qdev}`;
    for (const property of ['type', 'share-rw']) {
      exchanges.push(await ask({ execute: 'qom-get', arguments: { path, property } }));
    }
  }
  const lines = exchanges.map((exchange) => JSON.stringify(exchange)).join(',\n');
  const text = `[\n${lines}\n]\n`.replaceAll(folder, '/lab');
  writeFileSync(new URL(`fixtures/${name}.json`, import.meta.url), text);
  await ask({ execute: 'quit' });
  await once(qemu, 'exit');
} finally {
  qemu.kill();
  monitor.close();
  rmSync(folder, { recursive: true });
}

function options() {
  const node = (name, more = '') =>
    `driver=raw,node-name=${name},file.driver=file,file.filename=${image(name)}${more}`;
  return [
    ...['-machine', 'q35,pflash0=vars', '-nodefaults', '-display', 'none', '-S'],
    ...['-qmp', `unix:${join(folder, 'monitor')},server=off`],
    ...['-blockdev', `driver=file,node-name=vars,filename=${image('vars', '256K')}`],
    // Drives with an alias: QEMU's, and the user's, who named the node too.
    ...['-drive', `if=virtio,format=qcow2,file=${image('boot', '64M', 'qcow2')}`],
    ...['-drive', `if=none,id=drive-log,node-name=log,format=raw,file=${image('log', '8M')}`],
    ...['-device', 'virtio-blk-pci,drive=drive-log,id=disk-log'],
    // Nodes: their devices with an id and without.
    ...['-blockdev', node('data'), '-device', 'virtio-blk-pci,drive=data,id=vdb'],
    ...['-blockdev', node('anonymous'), '-device', 'virtio-blk-pci,drive=anonymous'],
    ...['-blockdev', node('cluster'), '-device', 'virtio-blk-pci,drive=cluster,id=vdc,share-rw=on'],
    ...['-blockdev', node('golden', ',read-only=on'), '-device', 'virtio-blk-pci,drive=golden,id=vdd'],
    ...['-device', 'virtio-scsi-pci,id=scsi0'],
    ...['-blockdev', node('scsi'), '-device', 'scsi-hd,drive=scsi,id=sda,bus=scsi0.0'],
    ...['-blockdev', node('quorum'), '-device', 'scsi-hd,drive=quorum,id=sdb,bus=scsi0.0,share-rw=on'],
    // Under filters, one over another; and one that no device uses.
    ...['-object', 'throttle-group,id=limit,x-bps-total=1000000', '-blockdev', node('busy')],
    ...['-blockdev', 'driver=throttle,node-name=slow,throttle-group=limit,file=busy'],
    ...[
      '-blockdev',
      'driver=copy-on-read,node-name=top,file=slow',
      '-device',
      'virtio-blk-pci,drive=top,id=vde',
    ],
    ...['-drive', `if=none,id=spare,format=raw,file=${image('spare')}`],
    // Without a medium, and with one that nobody can write to.
    ...['-device', 'ide-cd,id=cd0', '-drive', 'if=ide,index=2,media=cdrom'],
    ...['-drive', `if=ide,index=3,media=cdrom,format=raw,file=${image('iso', '2M')}`],
  ];
}

function image(name, size = '1M', format = 'raw') {
  const path = join(folder, name);
  execFileSync('qemu-img', ['create', '-q', '-f', format, path, size]);
  return path;
}

// Records a selective migration's QMP traffic between two real QEMUs without a guest: `node record-transcripts.mjs` after a build,
// with qemu-system-x86_64 installed. Writes source.jsonl and destination.jsonl to fixtures/: one JSON object a line,
// `{ "from": "client" | "qemu", "text": ... }`, the texts being the very bytes, folder names apart.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectQmp, isEvent } from '@blockferry/qmp';

const folder = mkdtempSync(join(tmpdir(), 'qmp-record-'));
const children = [];
try {
  const [source, destination] = [
    await startQemu('source'),
    await startQemu('destination', '-incoming', 'defer'),
  ];
  await migrate(source.client, destination.client);
  await source.end();
  await destination.end();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}

async function startQemu(side, ...extra) {
  const monitor = join(folder, `${side}.qmp`);
  const image = join(folder, `${side}.raw`);
  writeFileSync(image, Buffer.alloc(1024 * 1024, 1));
  const node = ['-blockdev', `driver=raw,node-name=vda,file.driver=file,file.filename=${image}`];
  const base = ['-machine', 'none', '-nodefaults', '-display', 'none'];
  const args = [...base, '-qmp', `unix:${monitor},server=on,wait=off`, ...node, ...extra];
  const child = spawn('qemu-system-x86_64', args, { stdio: 'inherit' });
  children.push(child);
  while (!existsSync(monitor)) await sleep(20);
  const lines = [];
  const proxy = createServer((near) => {
    const far = connect(monitor);
    relay(near, far, 'client', lines);
    relay(far, near, 'qemu', lines);
  }).listen(join(folder, `${side}.proxy`));
  await once(proxy, 'listening');
  const client = await connectQmp(`qmp+unix://${join(folder, `${side}.proxy`)}`);
  const end = async () => {
    await client.execute('quit');
    await client.closed;
    proxy.close();
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    writeFileSync(new URL(`fixtures/${side}.jsonl`, import.meta.url), `${text.replaceAll(folder, '/lab')}\n`);
  };
  return { client, end };
}

function relay(from, to, name, lines) {
  from.on('data', (chunk) => {
    lines.push({ from: name, text: chunk.toString() });
    to.write(chunk);
  });
  from.on('end', () => to.end());
}

async function migrate(source, destination) {
  const status = (client, wanted) =>
    client.waitForEvent((event) => isEvent(event, 'MIGRATION') && event.data.status === wanted);
  await Promise.all(
    source.batch([{ execute: 'query-status' }, { execute: 'query-block' }, { execute: 'query-jobs' }]),
  );
  await source.execute('block-dirty-bitmap-disable', { node: 'vda', name: 'gone' }).catch(() => {});
  await source.execute('no-such-command').catch(() => {});
  const actions = [{ type: 'block-dirty-bitmap-add', data: { node: 'vda', name: 'm0', granularity: 65536 } }];
  await source.execute('transaction', { actions });
  for (const [side, client] of [
    ['source', source],
    ['destination', destination],
  ]) {
    const addr = { type: 'unix', data: { path: join(folder, `${side}.nbd`) } };
    await client.execute('nbd-server-start', { addr });
  }
  await source.execute('block-export-add', { type: 'nbd', id: 'full-vda', 'node-name': 'vda', name: 'vda' });
  const target = { type: 'nbd', id: 'x-vda', 'node-name': 'vda', name: 'vda', writable: true };
  await destination.execute('block-export-add', target);
  await source.execute('query-block-exports');
  await source.execute('query-named-block-nodes');
  const deleted = source.waitForEvent((event) => isEvent(event, 'BLOCK_EXPORT_DELETED'));
  await source.execute('block-export-del', { id: 'full-vda' });
  await deleted;
  const capabilities = [{ capability: 'events', state: true }];
  const paused = [...capabilities, { capability: 'pause-before-switchover', state: true }];
  await source.execute('migrate-set-capabilities', { capabilities: paused });
  await destination.execute('migrate-set-capabilities', { capabilities });
  await source.execute('migrate-set-parameters', { 'max-bandwidth': 2n ** 63n - 1n, 'downtime-limit': 300 });
  await source.execute('query-migrate-parameters');
  const uri = `unix:${join(folder, 'state')}`;
  await destination.execute('migrate-incoming', { uri });
  const preSwitchover = status(source, 'pre-switchover');
  await source.execute('migrate', { uri });
  await preSwitchover;
  await source.batch([{ execute: 'query-migrate' }, { execute: 'query-status' }]).at(-1);
  await Promise.all([source.execute('nbd-server-stop'), destination.execute('nbd-server-stop')]);
  const completed = [status(source, 'completed'), status(destination, 'completed')];
  await source.execute('migrate-continue', { state: 'pre-switchover' });
  await Promise.all(completed);
  await Promise.all([source.execute('query-migrate'), destination.execute('query-status')]);
}

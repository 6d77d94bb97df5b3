// Times calls that return typed parameters over a libvirtd's unix socket, in Node and in C, in turn.
import { parseArgs } from 'node:util';
import { LibvirtPair, run } from '@blockferry/lab';
import { connect } from '@blockferry/libvirt';
import { compiled } from './compiled.mjs';
import { median } from './median.mjs';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, calls: { type: 'string', default: '500' } },
});
const [runs, calls] = [Number(values.runs), Number(values.calls)];
const MOST_MORE_US = 60;

const CALLS = {
  jobStats: async ({ domain }) => (await domain.jobStats(['COMPLETED', 'KEEP_COMPLETED'])).params,
  blockIoTune: ({ domain }) => domain.blockIoTune('vda'),
  stats: async ({ connection }) => (await connection.stats())[0].params,
};

const program = compiled('call_params.c');
const pair = await LibvirtPair.start({ rateMiB: 1 });
try {
  await measure(pair);
} finally {
  await pair[Symbol.asyncDispose]();
}

async function measure(pair) {
  // Its statistics are those that a job's are asked for; the guest is idle then, as it is paused.
  const migrate = ['migrate', '--live', '--copy-storage-all', '--unsafe', pair.domain, pair.destination.uri];
  await pair.source.virsh(...migrate);
  await pair.destination.virsh('suspend', pair.domain);
  const connection = await connect(pair.destination.uri);
  const domain = await connection.domainByName(pair.domain);

  console.log(
    `Medians of ${runs} runs of ${calls} calls in turn, in µs; target: ${MOST_MORE_US} more than C\n`,
  );
  console.log('| call | parameters | C | Node | more |\n| --- | --- | --- | --- | --- |');
  for (const [name, call] of Object.entries(CALLS)) {
    const times = { c: [], node: [] };
    const { size } = await call({ connection, domain });
    for (let turn = -1; turn < runs; turn++) {
      const c = await timesInC(pair, name);
      const node = await timesInNode(() => call({ connection, domain }));
      // The first one warms up.
      if (turn < 0) continue;
      times.c.push(...c);
      times.node.push(...node);
    }
    const [c, node] = [median(times.c), median(times.node)];
    console.log(`| ${name} | ${size} | ${[c, node, node - c].map((time) => time.toFixed(1)).join(' | ')} |`);
  }
  await connection.close();
}

async function timesInC(pair, name) {
  const { stdout } = await run(program, [pair.destination.uri, pair.domain, name, String(calls)]);
  return stdout.trim().split('\n').map(Number);
}

async function timesInNode(call) {
  const times = [];
  for (let i = 0; i < calls; i++) {
    const start = process.hrtime.bigint();
    await call();
    times.push(Number(process.hrtime.bigint() - start) / 1000);
  }
  return times;
}

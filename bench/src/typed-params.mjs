// Times libvirt's wire form of 64 typed parameters, beside JSON's of the same.
import { parseArgs } from 'node:util';
import { MAX_WIRE_PARAMS, TypedParams } from '@blockferry/typed-params';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const runs = Number(values.runs);
const CALLS = 5000;

const params = typicalParams();
const xdr = params.toXdr();
const json = JSON.stringify(params);
const contenders = {
  'toXdr()': () => params.toXdr(),
  'fromXdr()': () => TypedParams.fromXdr(xdr),
  'JSON.stringify()': () => JSON.stringify(params),
  'fromJSON(JSON.parse())': () => TypedParams.fromJSON(JSON.parse(json)),
};

const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let run = -1; run < runs; run++) {
  for (const [name, call] of Object.entries(contenders)) {
    const time = microseconds(call);
    // The first one warms up.
    if (run >= 0) times[name].push(time);
  }
}
console.log(
  `${params.size} parameters, ${xdr.length} bytes of XDR, ${json.length} of JSON; ${runs} runs of ${CALLS} calls in turn\n`,
);
console.log('| call | median | least | most |\n| --- | --- | --- | --- |');
for (const [name, measured] of Object.entries(times)) {
  const sorted = measured.sort((a, b) => a - b);
  const [least, median, most] = [0, Math.floor(runs / 2), runs - 1].map((at) => sorted[at].toFixed(1));
  console.log(`| ${name} | ${median} µs | ${least} µs | ${most} µs |`);
}

/** Half disks' names, as a migration has; then one of every other type in turn, and a domain's XML. */
function typicalParams() {
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

function microseconds(call) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) call();
  return Number(process.hrtime.bigint() - start) / CALLS / 1000;
}

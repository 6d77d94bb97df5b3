// Times libvirt's wire form of 64 typed parameters, beside JSON's of the same.
import { parseArgs } from 'node:util';
import { TypedParams } from '@blockferry/typed-params';
import { mixedParams } from './param-lists.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const runs = Number(values.runs);
const CALLS = 5000;

const params = mixedParams();
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

function microseconds(call) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) call();
  return Number(process.hrtime.bigint() - start) / CALLS / 1000;
}

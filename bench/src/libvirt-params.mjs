// Times how 64 typed parameters become JavaScript's and libvirt's again, beside C that copies them once.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { TypedParams } from '@blockferry/typed-params';
import { compiled } from './libvirt/compiled.mjs';
import { counters, mixedParams } from './params.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const runs = Number(values.runs);
const CALLS = 5000;
const TYPES = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 };

const copyParams = compiled('copy_params.c');
process.once('exit', copyParams.close);
console.log(`${runs} runs of ${CALLS} calls in turn: medians in µs, the least in brackets\n`);
console.log('| 64 parameters | C: copy | into JavaScript | back | into, times C | back, times C |');
console.log('| --- | --- | --- | --- | --- | --- |');
report('mixed, with an XML', mixedParams());
report('counters', counters());

function report(name, params) {
  const xdr = params.toXdr();
  const times = { copy: [], into: [], back: [] };
  for (let run = -1; run < runs; run++) {
    const copy = copied(params);
    const into = microseconds(() => TypedParams.fromXdr(xdr));
    const back = microseconds(() => params.toXdr());
    // The first one warms up.
    if (run < 0) continue;
    times.copy.push(copy);
    times.into.push(into);
    times.back.push(back);
  }
  const [copy, into, back] = [times.copy, times.into, times.back].map((measured) => measured.sort(byValue));
  const shown = [copy, into, back].map((sorted) => `${median(sorted).toFixed(2)} (${sorted[0].toFixed(2)})`);
  const ratios = [into, back].map(
    (sorted) => `${(median(sorted) / median(copy)).toFixed(2)} (${(sorted[0] / copy[0]).toFixed(2)})`,
  );
  console.log(`| ${name} | ${[...shown, ...ratios].join(' | ')} |`);
}

function copied(params) {
  const lines = [...params].map(({ name, type, value }) => `${name}\t${TYPES[type]}\t${value}`);
  const { status, stdout } = spawnSync(copyParams.path, [CALLS], {
    input: lines.join('\n'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`copy_params ended with ${status}`);
  return Number(stdout);
}

function microseconds(call) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) call();
  return Number(process.hrtime.bigint() - start) / CALLS / 1000;
}

function median(sorted) {
  return sorted[Math.floor(sorted.length / 2)];
}

function byValue(a, b) {
  return a - b;
}

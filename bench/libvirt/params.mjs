// Times how 64 typed parameters of libvirt's become JavaScript's and libvirt's again, beside C that copies them.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { TypedParams } from '@blockferry/typed-params';
import { compiled } from './compiled.mjs';
import { least, median } from './median.mjs';
import { counters, mixedParams } from './param-lists.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const runs = Number(values.runs);
const CALLS = 5000;
// Stands for the buffer that the addon gives small answers a part of: through Node-API that takes 0.1 µs, too.
const shelf = new ArrayBuffer(65536);
const TYPES = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 };

const copyProgram = compiled('copy_params.c');
const convertProgram = compiled('convert_params.cc', ['typed_params.cc', 'xdr.cc']);
console.log(`${runs} runs of ${CALLS} calls in turn: medians in µs, the least in brackets\n`);
report('an XML, names and one of each type', mixedParams());
report('counters', counters());

function report(name, params) {
  const times = { copy: [], toXdr: [], array: [], fromXdr: [], encode: [], decode: [] };
  for (let turn = -1; turn < runs; turn++) {
    const measured = measure(params);
    // The first one warms up.
    if (turn < 0) continue;
    for (const [what, time] of Object.entries(measured)) times[what].push(time);
  }
  const into = sums(times.toXdr, times.array, times.fromXdr);
  const back = sums(times.encode, times.decode);
  const rows = [
    ['C copies and frees them', times.copy],
    ['the addon writes XDR', times.toXdr],
    ['it is put on the shelf', times.array],
    ['fromXdr()', times.fromXdr],
    ['into JavaScript', into],
    ['toXdr()', times.encode],
    ['the addon reads XDR, frees', times.decode],
    ['back', back],
    ['there and back', sums(into, back)],
  ];
  console.log(`| ${name} | µs | times C |\n| --- | --- | --- |`);
  for (const [what, measured] of rows) {
    const ratio = [median, least].map((of) => (of(measured) / of(times.copy)).toFixed(2));
    const shown = [median, least].map((of) => of(measured).toFixed(2));
    console.log(`| ${what} | ${shown[0]} (${shown[1]}) | ${ratio[0]} (${ratio[1]}) |`);
  }
  console.log();
}

function measure(params) {
  const lines = [...params].map(({ name, type, value }) => `${name}\t${TYPES[type]}\t${value}`);
  const xdr = params.toXdr();
  const [copy] = output(copyProgram, lines.join('\n'));
  const [toXdr, decode] = output(convertProgram, xdr);
  return {
    copy,
    toXdr,
    decode,
    array: microseconds(() => new Uint8Array(shelf, 0, xdr.length).set(xdr)),
    fromXdr: microseconds(() => TypedParams.fromXdr(xdr)),
    encode: microseconds(() => params.toXdr({ lend: true })),
  };
}

function output(program, input) {
  const { status, stdout } = spawnSync(program, [CALLS], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  return stdout.trim().split(' ').map(Number);
}

function microseconds(call) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) call();
  return Number(process.hrtime.bigint() - start) / CALLS / 1000;
}

/** Of the times of each turn. */
function sums(first, ...others) {
  return first.map((time, turn) => others.reduce((sum, times) => sum + times[turn], time));
}

import { EXIT } from '../exit-status.js';
import { toJsonLine } from '../output/json.js';
import type { Sink } from '../output/sink.js';
import { wrap } from '../output/table.js';
import { type FlagEntry, flagEntries, type ParameterEntry, parameterEntries } from './entries.js';
import type { Topic } from './listing-asked.js';

/** Prints all that an option takes: as text, or as JSON, an object a line. */
export async function tellListing(topic: Topic, stdout: Sink, json: boolean): Promise<void> {
  const entries = topic === 'param' ? parameterEntries() : flagEntries();
  if (json) {
    for (const entry of entries) await stdout.write(toJsonLine(entry));
    await stdout.write(toJsonLine({ type: 'result', ok: true, exit: EXIT.done }));
    return;
  }
  const nameWidth = Math.max(...entries.map(({ name }) => name.length));
  await stdout.write(`${INTRODUCTIONS[topic]}\n\n`);
  for (const entry of entries) await stdout.write(entryText(entry, nameWidth, stdout));
}

/** Name and facts, then what it means. */
function entryText(entry: ParameterEntry | FlagEntry, nameWidth: number, { columns, colors }: Sink): string {
  const width = Math.min(columns, 100);
  const facts = [
    ...(entry.type === 'parameter' ? parameterFacts(entry) : [`0x${entry.value.toString(16)}`]),
    `since ${entry.since}`,
    ...(entry.qemu ? ['on QEMU'] : []),
  ];
  const before = `${entry.name.padEnd(nameWidth)}  `;
  const [first = '', ...more] = wrap(facts.join(', '), width - before.length);
  const meaning = wrap(entry.meaning, width - INDENT.length);
  const lines = [
    `${colors.bold(before)}${first}`,
    ...more.map((line) => `${' '.repeat(before.length)}${line}`),
    ...meaning.map((line) => `${INDENT}${line}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function parameterFacts({ valueType, unit, repeats, range, values, schemes }: ParameterEntry): string[] {
  return [
    valueType,
    ...(unit === undefined ? [] : [unit]),
    ...(range === undefined ? [] : [range.join(' to ')]),
    ...(values === undefined ? [] : [values.join('|')]),
    ...(schemes === undefined ? [] : [schemes.map((scheme) => `${scheme}:`).join('|')]),
    ...(repeats ? ['repeats'] : []),
  ];
}

const INTRODUCTIONS: Readonly<Record<Topic, string>> = {
  param:
    'libvirt\'s migration parameters, for --param NAME=VALUE. Those marked "on QEMU"\nmean something without libvirt; the others are refused there.',
  flag: 'libvirt\'s migration flags, for --flag NAME. Those marked "on QEMU" mean\nsomething without libvirt; the others are refused there.',
};

const INDENT = '    ';

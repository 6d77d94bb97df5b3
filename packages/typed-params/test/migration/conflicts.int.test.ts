import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LibvirtPair, MigrationCalls, requires } from '@blockferry/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { format, type MigrationConflict, migrationConflicts, migrationRules } from '../../src/index.js';
import { Random } from '../support/random.js';
import { type Call, callOf, fromPeerToPeer, oldCalls, toMigrationCall, withMore } from './calls.js';

const lab = requires('libvirt', 'libvirt-headers', 'gcc', 'guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)('the real libvirt tells the first of the conflicts that are told', () => {
  let pair: LibvirtPair;
  let libvirt: MigrationCalls;
  const heard = new Set<string>();

  beforeAll(async () => {
    pair = await LibvirtPair.start({ disks: DISKS, isBooted: false, hasCertificates: true });
    libvirt = await MigrationCalls.compile(pair);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  /** What is not as libvirt says it. */
  async function mismatches(calls: readonly Call[]): Promise<string[]> {
    const refusals = await libvirt.ask(calls.map((call) => toMigrationCall(call, pair.destination.uri)));
    return calls.flatMap((call, index) => {
      const { code = 0, message = '' } = refusals[index] ?? {};
      heard.add(message);
      const conflicts = migrationConflicts(call.params, call.flags, call.call);
      const isDirect = call.call?.includes('URI') && !call.flags.includes('PEER2PEER');
      const [first] = isDirect ? conflicts.filter(({ early }) => early) : conflicts;
      if (first === undefined && isDirect && message.includes('direct migration is not supported')) return [];
      const isRight = message.includes(TAKEN)
        ? conflicts.every((conflict) => isLate(conflict, call))
        : first !== undefined && first.message === message && CODES[first.code] === code;
      const ours = conflicts.map((conflict) => `ours: ${conflict.message}`);
      return isRight
        ? []
        : [[call.call, ...call.flags, ...format(call.params), code, message, ...ours].join('\n')];
    });
  }

  it('with a destination that takes the domain', async () => {
    const rules = migrationRules.filter(({ message }) => AFTER_PREPARE.test(message));
    // One at a time: a connection whose migration failed so late keeps the domain to itself.
    for (const rule of rules) expect(await mismatches([inFolder(callOf(rule), pair)])).toEqual([]);
  });

  it('with one that does not, of any parameters and flags', { timeout: 300_000 }, async () => {
    await takeName(pair);
    const random = new Random(4);
    const calls = migrationRules.flatMap((rule) => {
      const call = callOf(rule);
      const more = Array.from({ length: 30 }, () => withMore(call, random));
      return [call, fromPeerToPeer(call), ...more];
    });
    expect(await mismatches(calls)).toEqual([]);
  });

  it('by the old calls as well', async () => {
    expect(await mismatches(oldCalls(new Random(5), 60))).toEqual([]);
  });

  it('and so each of the rules', () => {
    const unheard = migrationRules.filter(({ message }) => ![...heard].some((text) => isOf(message, text)));
    expect(unheard).toEqual([]);
  });
});

/** Sockets are made after all, so where they are removed again. */
function inFolder({ params, ...call }: Call, { source }: LibvirtPair): Call {
  const moved = params.map((param) =>
    param.type === 'string'
      ? { ...param, value: param.value.replace('unix:///', `unix://${source.images}/`) }
      : param,
  );
  return { ...call, params: moved };
}

/** None is ever copied, nor does a guest need to run on them: their names are all that counts. */
const DISKS = ['vda', 'vdb', 'vdc'].map((name) => ({ name, sizeMiB: 4, filledMiB: 0, rateKiB: 0 }));

/** Gives the domain's name to another one on the destination, which from now on takes none. */
async function takeName({ directory, domain, destination }: LibvirtPair): Promise<void> {
  const file = join(directory, 'taken.xml');
  const os = "<os><type arch='x86_64' machine='q35'>hvm</type></os>";
  const memory = "<memory unit='MiB'>16</memory>";
  await writeFile(file, `<domain type='qemu'><name>${domain}</name>${memory}${os}</domain>`);
  await destination.virsh('define', file);
}

const TAKEN = 'already exists with uuid';

/** Whether libvirt finds it only when the destination has taken the domain. */
function isLate({ message }: MigrationConflict, { flags }: Call): boolean {
  return (
    AFTER_PREPARE.test(message) ||
    // Matters of the source, which a client that manages the migration asks last.
    (!flags.includes('PEER2PEER') && /auto convergence|avail\.switchover/.test(message))
  );
}

const AFTER_PREPARE = /nbd port|disks URI: |overflow: bandwidth|TLS/;

/** Whether a message is that of a rule. */
function isOf(rule: string, message: string): boolean {
  const [before = '', after] = rule.split('%s');
  return after === undefined ? message === rule : message.startsWith(before) && message.endsWith(after);
}

/** Source: libvirt, include/libvirt/virterror.h. */
const CODES: Readonly<Record<MigrationConflict['code'], number>> = {
  INVALID_ARG: 8,
  OPERATION_INVALID: 55,
  ARGUMENT_UNSUPPORTED: 74,
  OVERFLOW: 82,
  OPERATION_UNSUPPORTED: 84,
};

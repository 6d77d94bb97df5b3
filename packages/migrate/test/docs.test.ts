import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { byArguments } from './support/refused-arguments.js';
import { byDisks, byOldPeer, byState, notToBeHad, unsafe } from './support/refused-calls.js';

const page = readFileSync(new URL('../../../docs/migration-calls.md', import.meta.url), 'utf8');
const lines = page.replaceAll('\\|', '|').split('\n');

describe('docs/migration-calls.md has every refusal that is tried', () => {
  const states = Object.values(byState).flat();
  const tried = [...byArguments, ...unsafe, ...byDisks, ...states, ...byOldPeer, ...notToBeHad];
  const messages = new Map(tried.map(({ code, message }) => [message, code]));

  it.each([...messages].map(([message, code]) => [code, message]))('%s: %s', (code, message) => {
    // Of a function's name in a message it has one.
    const shown = message.replace(/^(string dname in )virDomain\w+/, '$1virDomainMigrate');
    const inOne = shown.replace(/^(dconnuri in )virDomain\w+/, '$1virDomainMigrateToURI3');
    const disks = inOne.replace(/disk sdb$/, 'disk vdr');
    expect(lines.filter((line) => line.includes(`\`${disks}\``) && line.includes(`\`${code}\``))).not.toEqual(
      [],
    );
  });
});

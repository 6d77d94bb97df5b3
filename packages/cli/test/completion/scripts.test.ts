import { describe, expect, it } from 'vitest';
import { main } from '../../src/main.js';
import { FakeShell } from '../support/fake-shell.js';

async function script(shell: string): Promise<string> {
  const fake = new FakeShell();
  expect(await main(['completion', shell], fake)).toBe(0);
  expect(fake.err.text).toBe('');
  return fake.out.text;
}

describe('the script for fish', () => {
  it('has each command, with its summary', async () => {
    expect(await script('fish')).toContain(
      "\ncomplete -c blockferry -n __fish_use_subcommand -f -a 'copy' -d 'copy a disk; holes stay holes'\n",
    );
  });

  it('has each option, with its values', async () => {
    const text = await script('fish');
    const of = (command: string) => `complete -c blockferry -n '__fish_seen_subcommand_from ${command}'`;
    expect(text).toContain(`\n${of('copy')} -l no-extents -d `);
    expect(text).toMatch(/ -l progress -d '.*' -x -a 'auto bar plain none'\n/);
    expect(text).toMatch(/ -l param -d '.*' -x -a 'help migrate_uri= .* compression=zlib /);
    // A value that nobody knows, and a quote.
    expect(text).toContain(
      `${of('migrate')} -l tls-hostname -d 'whom the destination\\'s certificate is for`,
    );
    expect(text).not.toContain('state-dir');
  });

  it('offers files where the arguments may be some', async () => {
    const text = await script('fish');
    expect(text).toContain("from completion' -f -a 'bash zsh fish'\n");
    expect(text).toContain("from migrate' -f -a ''\n");
    expect(text).not.toMatch(/from copy' -f/);
  });
});

describe('the script for zsh', () => {
  it("is bash's, without what zsh has not", async () => {
    const [bash, zsh] = [await script('bash'), await script('zsh')];
    expect(zsh).toMatch(/^#compdef blockferry\n/);
    expect(zsh).toContain('bashcompinit');
    expect(zsh).not.toContain('compopt');
    const cases = (text: string) => text.slice(text.indexOf('case '), text.indexOf('esac'));
    expect(cases(zsh)).toBe(cases(bash));
  });
});

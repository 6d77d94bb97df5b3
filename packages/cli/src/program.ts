import { readFileSync } from 'node:fs';
import { type Argument, Command } from 'commander';
import { addCommands } from './commands/catalog.js';
import type { CommandContext } from './context.js';
import { helpEnd } from './help-text.js';

/** What follows a usage error. */
export const USAGE_HINT = 'Add --help for the options and an example.';

/** The command line for `args`. Parsing throws `CommanderError` instead of ending the process. */
export async function buildProgram(context: CommandContext, args: readonly string[]): Promise<Command> {
  const { stdout, stderr } = context.shell;
  const program = new Command('blockferry')
    .description('Selective live block migration: you name the disks that move, the guest keeps running.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError(USAGE_HINT)
    .configureOutput({
      writeOut: (text) => stdout.put(text),
      writeErr: (text) => stderr.put(text),
      getOutHelpWidth: () => Math.min(100, stdout.columns),
      getErrHelpWidth: () => Math.min(100, stderr.columns),
      getOutHasColors: () => stdout.colors.isColorSupported,
      getErrHasColors: () => stderr.colors.isColorSupported,
      outputError: (text, write) => write(text.replace(/^error:/, stderr.colors.red('error:'))),
    })
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(term)].join(' '),
    })
    .addHelpText('after', helpEnd('blockferry COMMAND --help', ...ABOUT));
  await addCommands(program, context, args[0]);
  return program;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** An argument as the list of commands shows it. */
function term(argument: Argument): string {
  return `<${argument.name()}>`;
}

const ABOUT = [
  'Results go to stdout, progress and notes to stderr. Sizes take units (64KiB, 10GiB; KB and MB are decimal), rates too (200MiB/s, 1.6Gbit/s).',
  'Exit status: 0 done; 1 failed; 2 usage; 4 a comparison found a difference; 5 timed out and rolled back; 6 outcome uncertain; 10 refused before any change; 130 interrupted and rolled back.',
];

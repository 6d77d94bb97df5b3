import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { addUnbuiltCommands } from './later.js';

/**
 * Adds the command of this name alone: the modules of the others would cost more time and memory than a small copy.
 * All of them where there is none of that name, or where it tells of all.
 */
export async function addCommands(
  program: Command,
  context: CommandContext,
  name: string | undefined,
): Promise<void> {
  const named = GROUPS.flatMap(({ commands }) => commands).find((command) => command.name === name);
  if (named !== undefined && !named.tellsOfAll) {
    (await named.load())(program, context);
    return;
  }
  for (const { heading, commands } of GROUPS) {
    program.commandsGroup(heading);
    for (const { load } of commands) (await load())(program, context);
  }
  addUnbuiltCommands(program);
}

interface CommandGroup {
  /** Above its commands in the help. */
  readonly heading: string;
  readonly commands: readonly CommandEntry[];
}

interface CommandEntry {
  readonly name: string;
  /** Its module's function that adds it. */
  readonly load: () => Promise<(program: Command, context: CommandContext) => void>;
  /** What it does depends on the other commands. */
  readonly tellsOfAll?: boolean;
}

const GROUPS: readonly CommandGroup[] = [
  {
    heading: 'Try it out:',
    commands: [{ name: 'demo', load: async () => (await import('./demo.js')).addDemoCommand }],
  },
  {
    heading: 'Migration:',
    commands: [
      { name: 'plan', load: async () => (await import('./plan.js')).addPlanCommand },
      { name: 'migrate', load: async () => (await import('./migrate.js')).addMigrateCommand },
    ],
  },
  {
    heading: 'Block devices over NBD:',
    commands: [
      { name: 'copy', load: async () => (await import('./copy.js')).addCopyCommand },
      { name: 'verify', load: async () => (await import('./verify.js')).addVerifyCommand },
      { name: 'info', load: async () => (await import('./info.js')).addInfoCommand },
      { name: 'list', load: async () => (await import('./list.js')).addListCommand },
      { name: 'map', load: async () => (await import('./map.js')).addMapCommand },
      { name: 'serve', load: async () => (await import('./serve.js')).addServeCommand },
    ],
  },
  {
    heading: 'For your shell:',
    commands: [
      {
        name: 'completion',
        load: async () => (await import('./completion.js')).addCompletionCommand,
        tellsOfAll: true,
      },
    ],
  },
];

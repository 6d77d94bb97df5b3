import type { Command } from 'commander';
import { notBuilt } from '../usage-error.js';

/** The commands that a later version will have. */
export function addUnbuiltCommands(program: Command): void {
  for (const name of ['resume', 'cancel', 'jobs']) {
    program
      .command(name, { hidden: true })
      .argument('[words...]')
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        throw notBuilt(`The command ${name}`, 'an interrupted migration has rolled back by itself');
      });
  }
}

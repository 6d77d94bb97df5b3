import { type Command, Option } from 'commander';
import { notBuilt } from '../usage-error.js';

/** Takes options that a later version will have, and refuses each with a sentence of its own. */
export function refuseUnbuilt(command: Command, flags: readonly string[]): Command {
  for (const flag of flags) {
    const option = new Option(flag).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw notBuilt(option.long ?? flag);
    });
  }
  return command;
}

import { migrationFlags, migrationSchema, type Schema } from '@blockferry/typed-params';
import type { Command, Option } from 'commander';

/** What can be typed, as completion needs to know it. */
export interface Grammar {
  readonly program: string;
  readonly commands: readonly CommandWords[];
}

/** A command and what may follow it. */
export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionWords[];
  /** The words that its arguments may be, none where it takes no arguments; undefined where they are files or URIs. */
  readonly words: readonly string[] | undefined;
}

/** An option, by its long name. */
export interface OptionWords {
  readonly name: string;
  readonly summary: string;
  readonly takesValue: boolean;
  /** The words that its value may be; undefined where that cannot be told. One that ends in `=` is to be gone on with. */
  readonly words: readonly string[] | undefined;
}

/** Reads it off the commands and their options; what is hidden stays so. */
export function grammarOf(program: Command): Grammar {
  const help = program.createHelp();
  return {
    program: program.name(),
    commands: help.visibleCommands(program).map((command) => ({
      name: command.name(),
      summary: command.summary(),
      options: help.visibleOptions(command).map(optionWords),
      words: command.registeredArguments.length === 0 ? [] : command.registeredArguments[0]?.argChoices,
    })),
  };
}

function optionWords(option: Option): OptionWords {
  const name = option.long ?? option.flags;
  return {
    name,
    summary: option.description.split(/[;\n]/)[0] ?? '',
    takesValue: option.required,
    words: name === '--param' ? parameterWords() : name === '--flag' ? flagWords() : option.argChoices,
  };
}

/** `NAME=` for each parameter, and `NAME=VALUE` where its values are known. */
function parameterWords(): string[] {
  const schema: Schema = migrationSchema;
  const names = Object.entries(schema).flatMap(([name, { values = [] }]) => [
    `${name}=`,
    ...values.map((value) => `${name}=${value}`),
  ]);
  return ['help', ...names];
}

function flagWords(): string[] {
  return ['help', ...Object.keys(migrationFlags)];
}

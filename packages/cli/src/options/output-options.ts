import { type Command, Option } from 'commander';

/** What every command takes. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** @default 'auto' */
  readonly progress?: ProgressStyle;
}

const PROGRESS_STYLES = ['auto', 'bar', 'plain', 'none'] as const;
export type ProgressStyle = (typeof PROGRESS_STYLES)[number];

/** Adds `--json`, `--quiet` and `--progress`. */
export function withOutputOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON object a line on stdout, the result last')
    .option('--quiet', 'no progress, no notes, no summary')
    .addOption(new Option('--progress <how>', 'how to tell it on stderr').choices(PROGRESS_STYLES));
}

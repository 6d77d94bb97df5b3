import type { ExitStatus } from '@blockferry/migrate';
import type { Shell } from './shell.js';

/** What a command is given besides its options. */
export interface CommandContext {
  readonly shell: Shell;
  /** The status to end with. */
  readonly finish: (status: ExitStatus) => void;
}

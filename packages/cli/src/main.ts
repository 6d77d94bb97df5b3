import { CommanderError } from 'commander';
import type { CommandContext } from './context.js';
import { EXIT, exitStatusOf, toFailure } from './exit-status.js';
import { ListingAsked } from './listings/listing-asked.js';
import { foldCommands } from './options/command-endpoint.js';
import { tellFailure } from './output/failure-text.js';
import { toJsonLine } from './output/json.js';
import { buildProgram, USAGE_HINT } from './program.js';
import { processShell, type Shell } from './shell.js';
import { UsageError } from './usage-error.js';

/** Runs the command that `args` name, and resolves with the status to end with. */
export async function main(args: readonly string[], shell: Shell = processShell()): Promise<number> {
  let status: number = EXIT.done;
  const context: CommandContext = {
    shell,
    finish: (reached) => {
      status = reached;
    },
  };
  let words = args;
  try {
    words = foldCommands(args);
    const program = await buildProgram(context, words);
    await program.parseAsync(words, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof ListingAsked) {
      const { tellListing } = await import('./listings/listing.js');
      await tellListing(error.topic, shell.stdout, asksForJson(words));
      return EXIT.done;
    }
    return await fail(error, words, shell);
  }
}

/** Tells an error on stderr and, with `--json`, as the result on stdout. */
async function fail(error: unknown, args: readonly string[], shell: Shell): Promise<number> {
  const parsing = error instanceof CommanderError;
  const exit = parsing ? EXIT.usage : exitStatusOf(error);
  const failure = parsing ? { code: 'INVALID_ARGUMENT', message: usageMessage(error) } : toFailure(error);
  // commander has told of its own errors already.
  if (!parsing) tellFailure(shell.stderr, failure);
  if (error instanceof UsageError) shell.stderr.put(`${USAGE_HINT}\n`);
  if (asksForJson(args)) {
    await shell.stdout.write(toJsonLine({ type: 'result', ok: false, exit, error: failure }));
  }
  return exit;
}

function usageMessage(error: CommanderError): string {
  return error.message.replace(/^error: /, '');
}

function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).includes('--json');
}

import { Argument, type Command } from 'commander';
import { bashCompletion, zshCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { type Grammar, grammarOf } from '../completion/grammar.js';
import type { CommandContext } from '../context.js';
import { EXIT } from '../exit-status.js';
import { helpEnd } from '../help-text.js';

export function addCompletionCommand(program: Command, { shell, finish }: CommandContext): void {
  program
    .command('completion')
    .summary('print a script that completes this command in a shell')
    .description('Prints a script for a shell: then Tab completes commands, options and what they take.')
    .addArgument(new Argument('<shell>', 'the shell that you use').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', helpEnd('blockferry completion bash > ~/.blockferry-completion', INSTALL))
    .action(async (name: keyof typeof SCRIPTS) => {
      await shell.stdout.write(SCRIPTS[name](grammarOf(program)));
      finish(EXIT.done);
    });
}

const SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', (grammar: Grammar) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

const INSTALL =
  'Then let ~/.bashrc or ~/.zshrc source that file; for fish it is ~/.config/fish/completions/blockferry.fish.';

import { InvalidArgumentError } from 'commander';
import { notBuilt } from '../usage-error.js';

/** Who copies the blocks. */
export function parseStrategy(text: string): 'engine' {
  if (text === 'mirror' || text === 'delegate') throw notBuilt(`The strategy ${text}`, 'use engine');
  if (text !== 'engine') throw new InvalidArgumentError('The strategies are engine, mirror and delegate.');
  return text;
}

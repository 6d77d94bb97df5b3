import { InvalidArgumentError } from 'commander';
import { notBuilt } from '../usage-error.js';

/** Who copies the blocks. */
export function parseStrategy(text: string): 'engine' | 'delegate' {
  if (text === 'mirror') throw notBuilt('The strategy mirror', 'use engine');
  if (text === 'engine' || text === 'delegate') return text;
  throw new InvalidArgumentError('The strategies are engine, mirror and delegate.');
}

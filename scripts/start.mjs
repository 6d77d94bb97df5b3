// `npm start`: sets the checkout up, then runs the demo with whatever arguments follow `--`.
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
process.exitCode = run(process.execPath, [
  join(root, 'packages/cli/bin/blockferry.js'),
  'demo',
  ...process.argv.slice(2),
]);

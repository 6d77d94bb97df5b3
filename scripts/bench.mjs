// `npm run bench`: sets the checkout up and runs the benchmarks. In one process, which Ctrl-C is for.
import { setUp } from './setup.mjs';

setUp();
const { main } = await import('../bench/dist/main.js');
process.exitCode = await main(process.argv.slice(2));

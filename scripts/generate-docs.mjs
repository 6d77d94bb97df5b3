// `npm run docs`: writes the pages of docs/ that are made of the tables in @blockferry/typed-params. With --check it
// writes nothing, and says which are stale.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const check = process.argv.includes('--check');
if (!check) setUp();
const { pages } = await import('./docs/pages.mjs');
for (const [name, text] of Object.entries(pages())) {
  const file = join(root, 'docs', name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (check) {
    console.error(`docs/${name} is stale: run "npm run docs"`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`docs/${name}`);
  }
}

// `npm run pack -- FOLDER`: the tarballs that would be published, of every workspace that is not private. They hold what
// is built, so for a release: from a clean checkout, after `npm run setup`.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root, run } from './setup.mjs';

const destination = resolve(process.argv[2] ?? 'packed');
mkdirSync(destination, { recursive: true });
const chosen = workspaceFolders()
  .filter((folder) => manifest(folder).private !== true)
  .map((folder) => `--workspace=${folder}`);
process.exitCode = run('npm', ['pack', '--loglevel=error', `--pack-destination=${destination}`, ...chosen]);

function workspaceFolders() {
  return manifest('.')
    .workspaces.flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -'/*'.length);
      return readdirSync(join(root, parent)).map((name) => join(parent, name));
    })
    .filter((folder) => existsSync(join(root, folder, 'package.json')));
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

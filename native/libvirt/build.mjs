// Builds the addon where libvirt's headers, a C++ compiler, make and Python are; elsewhere says what is missing and ends well.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const addon = join(folder, 'build/Release/blockferry_libvirt.node');
const inCheckout = !folder.split(sep).includes('node_modules');

// In a checkout npm runs this for every installation; there the task runner builds.
if (process.env['npm_lifecycle_event'] === 'install' && inCheckout) process.exit(0);

// A build that found no libvirt must be tried again when it is there: the task runner may not remember it, make does.
if (isUpToDate()) process.exit(0);

const missing = missingTools();
if (missing.length > 0) {
  console.warn(
    `@blockferry/libvirt-native was not built: missing: ${missing.join(', ')}. Nothing but libvirt: URIs needs it.\n` +
      'To build it: Debian: apt install libvirt-dev pkg-config g++ make python3; ' +
      'Fedora: dnf install libvirt-devel pkgconf gcc-c++ make python3; then: npm rebuild @blockferry/libvirt-native',
  );
  process.exit(0);
}
process.exit(build(process.argv.slice(2)));

function isUpToDate() {
  if (!existsSync(addon) || process.argv.length > 2) return false;
  const built = statSync(addon).mtimeMs;
  const sources = readdirSync(join(folder, 'src')).map((name) => join('src', name));
  return [...sources, 'src', 'binding.gyp', 'build.mjs', 'package.json'].every(
    (path) => statSync(join(folder, path)).mtimeMs < built,
  );
}

/** @param {string[]} args for node-gyp, after its command. */
function build(args) {
  const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const env = { ...process.env };
  // The headers of the Node that runs: nothing is downloaded.
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, 'include', 'node', 'node_api.h'))) env['npm_config_nodedir'] = prefix;
  const { status, error } = spawnSync(
    process.execPath,
    [nodeGyp, 'configure', 'build', '--silent', '--jobs=max', ...args],
    {
      cwd: folder,
      env,
      stdio: 'inherit',
    },
  );
  if (error) console.error(`node-gyp: ${error.message}`);
  // make leaves an addon alone whose sources' contents it has seen; it is up to date from now on all the same.
  if (status === 0) utimesSync(addon, new Date(), new Date());
  return status ?? 1;
}

function missingTools() {
  const tools = [
    ['pkg-config', ['--version']],
    ['make', ['--version']],
    [(process.env['CXX'] ?? 'g++').split(' ')[0], ['--version']],
    ['python3', ['--version']],
  ];
  const missing = tools.filter(([command, args]) => !runs(command, args)).map(([command]) => command);
  if (missing.includes('pkg-config')) return missing;
  const libraries = ['libvirt', 'libvirt-qemu'];
  return [...missing, ...libraries.filter((name) => !runs('pkg-config', ['--exists', `${name} >= 6.0`]))];
}

function runs(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

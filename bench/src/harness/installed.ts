import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { isInstalled } from '@blockferry/lab';

/**
 * What of it is not installed, and how to get it; `undefined` if all is there.
 *
 * Beside what the lab knows: `npm:NAME`, a package of npm's; `fio-nbd`, fio with its engine for NBD; `cargo`.
 */
export function missingOf(needs: readonly string[]): string | undefined {
  const missing = ['setpriv', ...needs].flatMap((need) => lacking(need) ?? []);
  return missing.length === 0 ? undefined : missing.join('; ');
}

/** Where the manifest of a peer from npm is, if that is installed. */
export function findPeer(name: string): string | undefined {
  try {
    return peers.resolve(`${name}/package.json`);
  } catch {
    return undefined;
  }
}

function lacking(need: string): string | undefined {
  const known = looked.get(need);
  if (known !== undefined) return known.missing;
  const missing = look(need);
  looked.set(need, { missing });
  return missing;
}

function look(need: string): string | undefined {
  if (need.startsWith('npm:')) {
    const name = need.slice('npm:'.length);
    return findPeer(name) === undefined ? `${name} (npm install --prefix bench/peers)` : undefined;
  }
  if (need === 'fio-nbd') {
    const { stdout } = spawnSync('fio', ['--enghelp'], { encoding: 'utf8' });
    return /^\s*nbd$/m.test(stdout ?? '') ? undefined : 'fio with the engine nbd (Debian: apt install fio)';
  }
  return isInstalled(need) ? undefined : `${need} (Debian 12: sudo lab/install.sh)`;
}

const looked = new Map<string, { readonly missing: string | undefined }>();
/** Peers from npm are a package of their own: nobody else needs them. */
const peers = createRequire(new URL('../../peers/package.json', import.meta.url));

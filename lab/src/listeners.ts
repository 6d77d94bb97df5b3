import { readdir, readFile, readlink } from 'node:fs/promises';

/** The sockets on which a process listens, as `unix:PATH` and `tcp:ADDRESS:PORT` in hex, sorted. */
export async function listeners(pid: number): Promise<string[]> {
  const mine = await socketInodes(pid);
  const [unix = [], tcp = [], tcp6 = []] = await Promise.all(
    ['unix', 'tcp', 'tcp6'].map((table) => rows(`/proc/${pid}/net/${table}`)),
  );
  const found = [
    ...unix
      .filter(([, , , flags, , , inode = '']) => flags === ACCEPTS_CONNECTIONS && mine.has(inode))
      .map(([, , , , , , , path]) => `unix:${path}`),
    ...[...tcp, ...tcp6]
      .filter(([, , , state, , , , , , inode = '']) => state === TCP_LISTEN && mine.has(inode))
      .map(([, address]) => `tcp:${address}`),
  ];
  return found.sort();
}

async function socketInodes(pid: number): Promise<Set<string>> {
  const directory = `/proc/${pid}/fd`;
  const links = await Promise.all(
    // A descriptor may be closed between the listing and the look.
    (await readdir(directory)).map((fd) => readlink(`${directory}/${fd}`).catch(() => '')),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

async function rows(table: string): Promise<string[][]> {
  const text = await readFile(table, 'utf8').catch(() => ''); // no IPv6, no tcp6
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
}

/** Source: proc(5), /proc/net/unix (__SO_ACCEPTCON) and /proc/net/tcp. */
const ACCEPTS_CONNECTIONS = '00010000';
const TCP_LISTEN = '0A';

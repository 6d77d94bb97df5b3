import { FORMS, type ForeignServer, SERVERS, TRANSPORTS } from './foreign-servers.js';

/** A client that the server is tried with. */
interface Client {
  readonly name: string;
  /** Whether it knows extended headers. */
  readonly extended: boolean;
}

const CLIENTS: readonly Client[] = [
  { name: 'nbdinfo, libnbd 1.14', extended: false },
  { name: 'nbdcopy, libnbd 1.14', extended: false },
  { name: 'python3-libnbd 1.14', extended: false },
  { name: 'fio 3.33, with verification', extended: false },
  { name: 'qemu-img 10.0', extended: true },
  { name: 'qemu-io 10.0', extended: true },
  { name: 'the disk of a QEMU 10.0 guest', extended: true },
  { name: 'blockferry', extended: true },
];

/** docs/nbd-interop.md: what the integration tests try, cell by cell. */
export function interopDocument(): string {
  return `# NBD: who was tried with whom

Made from the tables of the integration tests by \`npx vitest run --project integration packages/nbd -u\`; a test fails
where this page says something else. What a cell names is tried. A dash is a form that the peer does not have: then the
newest one that it has is agreed on, and the test sees that it is.

## The client with servers

Each cell in plain and over TLS: reads, also in one piece (DF), writes and FUA, zeroes (also allocated, fast), trims,
prefetching, flushes, block status. In plain: exports of 0, 1, 511, 524289, 2^32-1, 2^32+1 bytes and of 8 TiB, copied from and to. (Of nbd-server, which has no block
status and reads all, not 8 TiB and not both sizes near 2^32.)

${table('server', SERVERS.map(serverRow))}

## The server with clients

In plain: size, flags, contexts and block sizes as told; copies both ways; each command, checked against the image;
several contexts; a request of no bytes refused. Over TLS, with certificates on both sides: size and form of replies as
told; copies both ways; writes, reads and zeroes, checked. fio writes and verifies requests of any length at any place; a
guest finds its disk as it knows it, and the image holds what it has flushed.

### In plain

${table('client', CLIENTS.map(clientRow))}

### Over TLS

${table('client', CLIENTS.map(clientRow))}

Not applicable, in both tables: extended headers with libnbd 1.14 (nbdinfo, nbdcopy, Python, fio), which came before
them (1.18); these clients are tried with a server that has them, and agree on structured replies. fio lets no URI name
certificates (libnbd refuses \`tls-certificates\` where the program has not allowed files to be read): it is tried with
those that libnbd finds by itself, below \`~/.pki/libnbd\`.

## What peers do

- QEMU 10.0's client leaves NBD_CMD_FLAG_PAYLOAD_LEN out of its writes with extended headers, against the specification;
  its own server takes that, and so does ours.
- QEMU's servers round a raw image's size up to 512 bytes.
- nbd-server 3.24 tells of no size (0) in reply to NBD_OPT_INFO, the right one to NBD_OPT_GO: \`info\` shows what it says.
- Servers that tell no block sizes are asked for multiples of 512 bytes, where the export is one.
- nbdkit's filter blocksize-policy refuses block status of an unaligned end, as it does reads of it.
`;
}

function serverRow({ name, replies }: ForeignServer): string[] {
  return [name, ...FORMS.map((form) => cell(replies.includes(form)))];
}

function clientRow({ name, extended }: Client): string[] {
  return [name, ...FORMS.map((form) => cell(extended || form !== 'extended'))];
}

function cell(applies: boolean): string {
  return applies ? TRANSPORTS.join(', ') : '–';
}

function table(head: string, rows: readonly string[][]): string {
  const heads = [head, ...FORMS];
  const widths = heads.map((_, column) =>
    Math.max(...[heads, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const lines = [heads, widths.map((width) => '-'.repeat(width)), ...rows];
  return lines
    .map((cells) => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n');
}

import { describe, expect, it } from 'vitest';
import {
  migrationConflicts,
  migrationFlags,
  migrationRules,
  migrationSchema,
  parse,
  TypedParams,
} from '../../src/index.js';

function messages(params: readonly string[], flags: readonly string[]): string[] {
  return migrationConflicts(parse(params, migrationSchema), flags).map(({ message }) => message);
}

describe('what libvirt refuses', () => {
  // Each line was said by libvirt 11.3 for just these.
  it.each([
    [[], ['NON_SHARED_DISK', 'NON_SHARED_INC'], /^Flags .*_DISK' and .*_INC' are mutually exclusive$/],
    [[], ['NON_SHARED_SYNCHRONOUS_WRITES'], /^Flag .* is required by flag .*_SYNCHRONOUS_WRITES'$/],
    [[], ['TUNNELLED'], /^cannot perform tunnelled migration without using peer2peer flag$/],
    [[], ['PEER2PEER', 'TUNNELLED', 'PARALLEL'], /^Flags .* are mutually exclusive$/],
    [[], ['LIVE', 'POSTCOPY_RESUME'], /requires post-copy to be enabled$/],
    [[], ['POSTCOPY'], /not supported with non-live or paused migration$/],
    [[], ['LIVE', 'POSTCOPY', 'PAUSED'], /not supported with non-live or paused migration$/],
    [[], ['LIVE', 'POSTCOPY', 'PEER2PEER', 'TUNNELLED'], /post-copy is not supported with tunnelled/],
    [[], ['OFFLINE'], /must be specified with the persistent flag set$/],
    [[], ['OFFLINE', 'PERSIST_DEST', 'NON_SHARED_INC'], /cannot handle non-shared storage$/],
    [[], ['OFFLINE', 'PERSIST_DEST', 'PEER2PEER', 'TUNNELLED'], /does not make sense$/],
    [[], ['LIVE', 'ZEROCOPY'], /zero-copy is only available for parallel migration$/],
    [[], ['PEER2PEER', 'TUNNELLED', 'NON_SHARED_DISK'], /with tunnelled migration and this QEMU$/],
    [['migrate_disks=vda'], [], /use of 'VIR_MIGRATE_PARAM_MIGRATE_DISKS' requires/],
    [['migrate_disks_detect_zeroes=vda'], [], /'VIR_MIGRATE_PARAM_MIGRATE_DISKS_DETECT_ZEROES' requires/],
    [['bandwidth=8796093022208'], ['NON_SHARED_DISK'], /bandwidth must be less than 8796093022207$/],
    [['bandwidth.postcopy=17592186044416'], [], /'bandwidth\.postcopy' must be less than 17592186044416$/],
    [['auto_converge.increment=1'], [], /Turn auto convergence on to tune it$/],
    [['parallel.connections=2'], [], /Turn parallel migration on to tune it$/],
    [['compression=foo'], [], /Unsupported compression method 'foo'$/],
    [['compression=mt', 'compression=mt'], [], /Compression method 'mt' is specified twice$/],
    [['compression=xbzrle'], ['PARALLEL'], /'xbzrle' isn't supported with parallel migration$/],
    [['compression=zlib'], [], /'zlib' is only supported with parallel migration$/],
    [['compression=zlib', 'compression=zstd'], ['PARALLEL'], /Only one compression method could be/],
    [['compression.mt.threads=2'], [], /Turn multithread compression on to tune it$/],
    [['compression.zstd.level=2'], ['PARALLEL'], /Turn zstd compression on to tune it$/],
    [[], ['COMPRESSED', 'PARALLEL'], /No compression algorithm selected for parallel migration$/],
    [['disks_uri=tcp://h:1', 'disks_port=1'], [], /Both port and URI requested for disk migration/],
    [['disks_port=65536'], ['NON_SHARED_DISK'], /nbd port must be in range 0-65535$/],
    [['disks_port=-1'], ['NON_SHARED_INC'], /nbd port must be in range 0-65535$/],
    [['disks_uri=ftp://h'], ['NON_SHARED_DISK'], /Unsupported scheme in disks URI: ftp$/],
    [['migrate_uri=unix:///s', 'listen_address=::'], [], /Usage of listen-address is forbidden/],
    [['migrate_uri=unix:///s'], ['NON_SHARED_DISK'], /NBD URI must be supplied/],
    [['migrate_uri=tcp://h'], ['PEER2PEER', 'TUNNELLED'], /migration URI is not supported by tunnelled/],
    [['migrate_uri=unix:///s'], ['TLS'], /Explicit destination hostname is required for TLS/],
    [['disks_uri=unix:///s'], ['TLS', 'NON_SHARED_DISK'], /TLS is not supported over UNIX socket$/],
  ] as const)('%j with %j', (params, flags, message) => {
    expect(messages(params, flags)).toEqual([expect.stringMatching(message)]);
  });
});

describe('what libvirt takes', () => {
  it.each([
    [[], []],
    [
      ['migrate_disks=vda', 'migrate_disks=vda', 'bandwidth=8796093022207'],
      ['LIVE', 'NON_SHARED_DISK'],
    ],
    [['disks_port=65535'], ['NON_SHARED_INC', 'NON_SHARED_SYNCHRONOUS_WRITES']],
    // Where no disk is copied nobody looks at what is said of them.
    [['disks_port=65536'], ['LIVE']],
    [['disks_uri=ftp://h'], ['LIVE']],
    [['bandwidth=18446744073709551615'], ['LIVE']],
    [
      ['disks_uri=unix:///s', 'migrate_uri=unix:///t'],
      ['LIVE', 'NON_SHARED_DISK'],
    ],
    [
      ['migrate_uri=unix:///t', 'tls.destination=h'],
      ['LIVE', 'TLS'],
    ],
    // As if it were not given.
    [
      ['disks_port=0', 'disks_uri=tcp://h:1'],
      ['LIVE', 'NON_SHARED_DISK'],
    ],
    [['disks_port=0'], ['LIVE', 'PEER2PEER', 'TUNNELLED']],
    [['compression=xbzrle', 'compression=mt', 'compression.mt.level=9'], ['COMPRESSED']],
    [
      ['compression=zstd', 'compression.zstd.level=1', 'parallel.connections=2'],
      ['PARALLEL', 'ZEROCOPY'],
    ],
    [['migrate_uri=unix'], ['NON_SHARED_DISK']],
  ] as const)('%j with %j', (params, flags) => {
    expect(messages(params, flags)).toEqual([]);
  });

  it('or does not know at all is for others to refuse', () => {
    const params = new TypedParams()
      .addString('nosuch', 'x')
      .addString('bandwidth', '-1')
      .addInt('disks_uri', 5);
    expect(migrationConflicts(params, ['NON_SHARED_DISK', 'nosuch', 'toString'])).toEqual([]);
  });
});

it('tells all conflicts, each once, in an order that does not depend on the one given', () => {
  const params = ['disks_port=-1', 'disks_uri=ftp://h', 'compression=foo', 'compression=foo'];
  const flags = ['POSTCOPY', 'PAUSED', 'NON_SHARED_DISK'];
  const expected = [
    'argument unsupported: post-copy migration is not supported with non-live or paused migration',
    "invalid argument: Unsupported compression method 'foo'",
    "invalid argument: Compression method 'foo' is specified twice",
    'invalid argument: Both port and URI requested for disk migration while being mutually exclusive',
    'invalid argument: nbd port must be in range 0-65535',
    'invalid argument: Unsupported scheme in disks URI: ftp',
  ];
  expect(messages(params, flags)).toEqual(expected);
  expect(messages(params.toReversed(), flags.toReversed())).toEqual(expected);
});

it('tells them in the order of the call: one that the source makes alone looks at the parameters first', () => {
  const params = ['compression=mt', 'compression=lz4', 'compression=mt'];
  const first = ['POSTCOPY', 'PAUSED', 'NON_SHARED_DISK', 'NON_SHARED_INC'];
  const methods = [/method 'lz4'/, /'mt' is specified twice/];
  expect(messages(params, first)).toEqual(
    [/DISK' and/, /non-live or paused/, ...methods].map((text) => expect.stringMatching(text)),
  );
  expect(messages(params, [...first, 'PEER2PEER'])).toEqual(
    [/DISK' and/, ...methods, /non-live or paused/].map((text) => expect.stringMatching(text)),
  );
});

it('says which parameter and which flag take part, and gives the code', () => {
  const tell = (params: string[], flags: string[]) =>
    migrationConflicts(parse(params, migrationSchema), flags).map(({ message: _, ...rest }) => rest);
  expect(tell(['disks_port=1', 'disks_uri=tcp://h:1'], [])).toEqual([
    { code: 'INVALID_ARG', param: 'disks_port' },
  ]);
  expect(tell(['listen_address=::'], ['PEER2PEER', 'TUNNELLED'])).toEqual([
    { code: 'ARGUMENT_UNSUPPORTED', param: 'listen_address', flag: 'TUNNELLED' },
  ]);
  expect(tell([], ['OFFLINE'])).toEqual([{ code: 'OPERATION_INVALID', flag: 'OFFLINE' }]);
});

it('quotes a value as it is', () => {
  expect(messages(['compression=$&%s'], [])).toEqual([
    "invalid argument: Unsupported compression method '$&%s'",
  ]);
});

describe('the rules', () => {
  it('speak of what the tables have', () => {
    const known = new Set([...Object.keys(migrationSchema), ...Object.keys(migrationFlags)]);
    for (const { given, unless = [] } of migrationRules) {
      for (const condition of [...given.flat(), ...unless]) {
        const [name] = typeof condition === 'string' ? condition.split('=') : Object.values(condition);
        expect(known).toContain(name);
      }
    }
  });
});

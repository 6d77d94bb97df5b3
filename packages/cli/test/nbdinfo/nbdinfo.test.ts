import { describe, expect, it } from 'vitest';
import { exportUri, serverReport, serverText } from '../../src/nbdinfo/exports.js';
import { MapTotals, mapEntry, mapLine, totalLine } from '../../src/nbdinfo/extents.js';
import { humanSize } from '../../src/nbdinfo/human-size.js';

// Texts and values as nbdinfo 1.14 prints them for such servers.

describe('humanSize', () => {
  it.each([
    [0, '0'],
    [1000, '1000'],
    [1536, '1536'],
    [1572864, '1536K'],
    [67108864, '64M'],
    [1024 ** 4, '1T'],
  ])('writes %d as %s', (bytes, text) => {
    expect(humanSize(bytes)).toBe(text);
  });
});

describe('map', () => {
  it('stands in columns', () => {
    const extent = { offset: 1048576, length: 2097152, flags: 3 };
    expect(mapLine(mapEntry('base:allocation', extent))).toBe('   1048576     2097152    3  hole,zero\n');
  });

  it.each([
    ['base:allocation', 0, 'data'],
    ['base:allocation', 1, 'hole'],
    ['base:allocation', 2, 'zero'],
    ['qemu:dirty-bitmap:b', 1, 'dirty'],
    ['qemu:allocation-depth', 0, 'absent'],
    ['qemu:allocation-depth', 2, 'backing depth 2'],
    ['x:y', 7, undefined],
    ['base:allocation', 9, undefined],
  ])('of %s, type %d is %s', (context, flags, description) => {
    const entry = mapEntry(context, { offset: 0, length: 1, flags });
    expect(entry).toEqual({
      offset: 0,
      length: 1,
      type: flags,
      ...(description === undefined ? {} : { description }),
    });
  });

  it('sums up by type', () => {
    const totals = new MapTotals();
    totals.add(3, 10481664 - 4096);
    totals.add(0, 4096);
    totals.add(3, 4096);
    const sums = totals.totals('base:allocation');
    expect(sums).toEqual([
      { size: 4096, percent: 0.0390625, type: 0, description: 'data' },
      { size: 10481664, percent: 99.9609, type: 3, description: 'hole,zero' },
    ]);
    expect(sums.map(totalLine)).toEqual([
      '      4096   0.0%   0 data\n',
      '  10481664 100.0%   3 hole,zero\n',
    ]);
  });
});

describe('exports', () => {
  const info = {
    name: 'ex',
    description: 'a \u001bdescription',
    size: 67108864,
    readOnly: false,
    rotational: false,
    canFlush: true,
    canFua: true,
    canTrim: true,
    canZero: true,
    canFastZero: true,
    canCache: true,
    canDf: true,
    canMultiConn: false,
    structuredReplies: true,
    extendedHeaders: true,
    blockSizeAdvertised: true,
    blockSizeMinimum: 1,
    blockSizePreferred: 4096,
    blockSizeMaximum: 33554432,
    contexts: ['base:allocation', 'qemu:dirty-bitmap:bm'],
  };

  it('has nbdinfo keys', () => {
    expect(serverReport('nbd+unix:///ex?socket=/a.sock', [info])).toEqual({
      protocol: 'newstyle-fixed',
      TLS: false,
      structured: true,
      exports: [
        {
          'export-name': 'ex',
          description: 'a \u001bdescription',
          uri: 'nbd+unix:///ex?socket=/a.sock',
          contexts: ['base:allocation', 'qemu:dirty-bitmap:bm'],
          is_rotational: false,
          is_read_only: false,
          can_cache: true,
          can_df: true,
          can_fast_zero: true,
          can_flush: true,
          can_fua: true,
          can_multi_conn: false,
          can_trim: true,
          can_zero: true,
          block_size_minimum: 1,
          block_size_preferred: 4096,
          block_size_maximum: 33554432,
          'export-size': 67108864,
          'export-size-str': '64M',
        },
      ],
    });
  });

  it('leaves out block sizes that the server did not tell', () => {
    const report = serverReport('nbd://h', [{ ...info, blockSizeAdvertised: false }]);
    expect(Object.keys(report.exports[0] ?? {})).not.toContain('block_size_minimum');
  });

  it('reads like nbdinfo, and escapes what a server could steer the terminal with', () => {
    const text = serverText(serverReport('nbd+unix:///ex?socket=/a.sock', [info]));
    expect(text.split('\n').slice(0, 9)).toEqual([
      'protocol: newstyle-fixed without TLS, using structured packets',
      'export="ex":',
      '\tdescription: a \\u{1b}description',
      '\texport-size: 67108864 (64M)',
      '\turi: nbd+unix:///ex?socket=/a.sock',
      '\tcontexts:',
      '\t\tbase:allocation',
      '\t\tqemu:dirty-bitmap:bm',
      '\tis_rotational: false',
    ]);
  });

  it.each([
    ['nbd://host:10809', 'a b/é', 'nbd://host:10809/a%20b/%C3%A9'],
    ['nbd://host/old', '', 'nbd://host/'],
    ['nbds://[::1]/x?tls-hostname=h', 'new', 'nbds://[::1]/new?tls-hostname=h'],
    ['nbd+unix:///?socket=/tmp/a%20b', 'e', 'nbd+unix:///e?socket=/tmp/a%20b'],
  ])('names the export in %s', (uri, name, expected) => {
    expect(exportUri(uri, name)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { flagProblems, MIGRATE_FLAGS } from '../src/flags.js';

describe('on bare QEMU', () => {
  it('LIVE, NON_SHARED_DISK and UNSAFE are fine', () => {
    expect(flagProblems(['LIVE', 'NON_SHARED_DISK', 'UNSAFE'])).toEqual([]);
  });

  it('every other flag needs libvirt', () => {
    for (const flag of Object.keys(MIGRATE_FLAGS)) {
      if (['LIVE', 'NON_SHARED_DISK', 'UNSAFE'].includes(flag)) continue;
      expect(flagProblems([flag])).toEqual([
        { code: 'ARGUMENT_UNSUPPORTED', message: expect.stringContaining(`The flag ${flag} needs libvirt`) },
      ]);
    }
  });

  it('one that libvirt does not know is a mistake, and the others are told', () => {
    for (const flag of ['COPY_STORAGE_ALL', 'live', 'toString', '']) {
      expect(flagProblems([flag])).toEqual([
        {
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(/There is no migration flag .*LIVE.*ZEROCOPY/),
        },
      ]);
    }
  });

  it('each is told once, in order', () => {
    const found = flagProblems(['TLS', 'nosuch', 'LIVE', 'TLS', 'OFFLINE', 'nosuch']);
    expect(found.map(({ message }) => /flag (\S+?)(;| needs)/.exec(message)?.[1])).toEqual([
      'TLS',
      'nosuch',
      'OFFLINE',
    ]);
  });
});

it("the bits are libvirt's", () => {
  // Source: libvirt, include/libvirt/libvirt-domain.h, virDomainMigrateFlags.
  expect(MIGRATE_FLAGS).toEqual({
    LIVE: 0x1,
    PEER2PEER: 0x2,
    TUNNELLED: 0x4,
    PERSIST_DEST: 0x8,
    UNDEFINE_SOURCE: 0x10,
    PAUSED: 0x20,
    NON_SHARED_DISK: 0x40,
    NON_SHARED_INC: 0x80,
    CHANGE_PROTECTION: 0x100,
    UNSAFE: 0x200,
    OFFLINE: 0x400,
    COMPRESSED: 0x800,
    ABORT_ON_ERROR: 0x1000,
    AUTO_CONVERGE: 0x2000,
    RDMA_PIN_ALL: 0x4000,
    POSTCOPY: 0x8000,
    TLS: 0x10000,
    PARALLEL: 0x20000,
    NON_SHARED_SYNCHRONOUS_WRITES: 0x40000,
    POSTCOPY_RESUME: 0x80000,
    ZEROCOPY: 0x100000,
  });
});

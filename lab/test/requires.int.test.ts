import { requires } from '@blockferry/lab';
import { afterEach, describe, expect, it, vi } from 'vitest';

describe('requires', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('finds what is there', () => {
    vi.stubEnv('BLOCKFERRY_LAB', '1');
    expect(requires('sh')).toEqual({ available: true, reason: '' });
  });

  it('names what is missing and how to get it', () => {
    vi.stubEnv('BLOCKFERRY_LAB', undefined);
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { available, reason } = requires('sh', 'no-such-peer');
    expect(available).toBe(false);
    expect(reason).toBe('missing: no-such-peer (Debian 12: sudo lab/install.sh)');
    expect(stderr).toHaveBeenCalledWith(expect.stringContaining(reason));
  });

  it('knows what libvirt stands for', () => {
    vi.stubEnv('BLOCKFERRY_LAB', undefined);
    vi.stubEnv('PATH', '/nowhere');
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(requires('libvirt').reason).toContain('libvirtd, virsh, namespaces, which take root');
  });

  it('lets nothing be missing where the lab is promised', () => {
    vi.stubEnv('BLOCKFERRY_LAB', '1');
    expect(() => requires('no-such-peer')).toThrow('no-such-peer');
  });
});

import { describe, expect, it } from 'vitest';
import { compare, connect, copy, list, serve } from '../src/index.js';
import { withCredentials } from '../src/tls.js';
import { Workspace } from './support/workspace.js';

describe('credentials in a URI', () => {
  it.each([
    ['nbds://h', 'nbds://h?tls-certificates=%2Fp%20q&tls-hostname=a&tls-verify-peer=0'],
    [
      'nbds+unix:///x?socket=/s',
      'nbds+unix:///x?socket=/s&tls-certificates=%2Fp%20q&tls-hostname=a&tls-verify-peer=0',
    ],
    ['nbds://h?tls-certificates=/own', 'nbds://h?tls-certificates=/own&tls-hostname=a&tls-verify-peer=0'],
  ])('%s', (uri, expected) => {
    expect(withCredentials(uri, { directory: '/p q', hostname: 'a', verifyPeer: false })).toBe(expected);
    expect(withCredentials(uri, undefined)).toBe(uri);
  });
});

describe('nobody is left to believe that plain text is TLS', () => {
  const tls = { directory: '/nowhere' };
  const refusal = { code: 'INVALID_ARGUMENT' };

  it('refuses credentials for a URI without TLS', async () => {
    await expect(connect('nbd://h', { tls })).rejects.toMatchObject(refusal);
    await expect(list('nbd+unix:///?socket=s', { tls })).rejects.toMatchObject(refusal);
    await expect(copy('nbd://h', 'a', { tls }).done).rejects.toMatchObject(refusal);
    await expect(compare('a', 'b', { tls })).rejects.toMatchObject(refusal);
  });

  it('does not serve without the certificates', async () => {
    await using workspace = await Workspace.create();
    const serving = serve({ memory: 4096, listen: workspace.socket(), tls });
    await expect(serving).rejects.toMatchObject({
      code: 'NBD_TLS_CREDENTIALS',
      message: expect.stringContaining('/nowhere'),
    });
  });
});

import { describe, expect, it } from 'vitest';
import { compare, connect, copy, info, list, type Replies, serve } from '../src/index.js';
import { MiB } from './support/contents.js';
import { Workspace } from './support/workspace.js';

const told = {
  name: 'disk',
  description: 'The system disk',
  size: MiB,
  readOnly: false,
  rotational: false,
  canFlush: true,
  canFua: true,
  canTrim: true,
  canZero: true,
  canFastZero: true,
  canCache: true,
  canDf: true,
  canMultiConn: true,
  structuredReplies: true,
  extendedHeaders: true,
  blockSizeAdvertised: true,
  blockSizeMinimum: 1,
  blockSizePreferred: 4096,
  blockSizeMaximum: 32 * MiB,
  contexts: ['base:allocation', 'qemu:dirty-bitmap:moves'],
};

describe('what a server tells of an export', () => {
  it('is the same by info, by list and by an open handle', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({
      memory: MiB,
      exportName: 'disk',
      description: 'The system disk',
      bitmaps: [{ name: 'moves' }],
      listen: workspace.socket(),
    });
    expect(await info(server.uri)).toEqual(told);
    expect(await list(workspace.socket())).toEqual([told]);
    await using handle = await connect(server.uri, { contexts: told.contexts });
    expect(handle.info).toEqual(told);
    expect(handle.size).toBe(MiB);
  });

  it('leaves out the description that an export has not, and what a read-only one cannot', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 4096, readOnly: true, listen: workspace.socket() });
    const found = await info(server.uri);
    expect(found).not.toHaveProperty('description');
    expect(found).toMatchObject({ readOnly: true, canTrim: false, canZero: false, canFastZero: false });
  });

  it('names only the contexts that were asked for and are there, on a handle', async () => {
    await using workspace = await Workspace.create();
    await using server = await serve({ memory: 4096, listen: workspace.socket() });
    await using handle = await connect(server.uri, {
      contexts: ['qemu:dirty-bitmap:none', 'base:allocation'],
    });
    expect(handle.info.contexts).toEqual(['base:allocation']);
    await using plain = await connect(server.uri, { contexts: [] });
    expect(plain.info.contexts).toEqual([]);
  });

  it.each<[Replies, Replies, boolean, boolean]>([
    ['extended', 'structured', true, false],
    ['structured', 'extended', true, false],
    ['simple', 'extended', false, false],
    ['extended', 'simple', false, false],
    ['extended', 'extended', true, true],
  ])('a server up to %s and a client up to %s agree', async (offered, asked, structured, extended) => {
    await using workspace = await Workspace.create();
    await using server = await serve({
      memory: 4096,
      rotational: true,
      listen: workspace.socket(),
      replies: offered,
    });
    const agreed = { structuredReplies: structured, extendedHeaders: extended, rotational: true };
    expect(await info(server.uri, { replies: asked })).toMatchObject(agreed);
    expect(await list(server.uri, { replies: asked })).toMatchObject([agreed]);
    await using handle = await connect(server.uri, { replies: asked });
    expect(handle.info).toMatchObject(agreed);
  });

  it('is not asked for with replies of an unknown form', async () => {
    const replies = 'fancy' as Replies;
    const refused = {
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('simple, structured, extended'),
    };
    await expect(info('nbd://localhost', { replies })).rejects.toMatchObject(refused);
    await expect(connect('nbd://localhost', { replies })).rejects.toMatchObject(refused);
    await expect(serve({ memory: 1, listen: 'nbd://localhost', replies })).rejects.toMatchObject(refused);
    await expect(copy('nbd://localhost', 'null:', { replies }).done).rejects.toMatchObject(refused);
    await expect(compare('nbd://localhost', 'nbd://localhost', { replies })).rejects.toMatchObject(refused);
  });

  it('is refused for an export that the server has not', async () => {
    await using workspace = await Workspace.create();
    await using _server = await serve({ memory: 4096, exportName: 'disk', listen: workspace.socket() });
    await expect(info(workspace.socket())).rejects.toMatchObject({ code: 'NBD_EXPORT_NOT_FOUND' });
  });

  it('is refused where nobody listens', async () => {
    await using workspace = await Workspace.create();
    await expect(info(workspace.socket())).rejects.toMatchObject({ code: 'NBD_CONNECT' });
    await expect(list(workspace.socket())).rejects.toMatchObject({ code: 'NBD_CONNECT' });
  });
});

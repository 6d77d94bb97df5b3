import { describe, expect, it } from 'vitest';
import type { Checkpoint, Connection, Domain } from '../src/index.js';
import { rejection } from './support/rejection.js';
import { addon, openTestHost } from './support/test-driver.js';

describe.skipIf(!addon.available)(`a checkpoint ${addon.reason}`, () => {
  it('is made, found, listed, deleted', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    const first = await create(domain, 'first');
    expect(first).toMatchObject({ name: 'first', domain });
    const second = await create(domain, 'second');
    expect(await second.xml(['NO_DOMAIN'])).toContain('<name>first</name>');
    expect(await second.xml()).toContain('<domain');
    expect(await domain.checkpointByName('first')).toMatchObject({ name: 'first' });
    expect(await names(domain)).toEqual(['first', 'second']);
    expect(await names(domain, ['ROOTS'])).toEqual(['first']);
    expect(await names(domain, ['LEAVES', 'TOPOLOGICAL'])).toEqual(['second']);
    await first.delete(['CHILDREN']);
    expect(await names(domain)).toEqual([]);
    expect(await rejection(domain.checkpointByName('first'))).toMatchObject({
      code: 'NO_DOMAIN_CHECKPOINT',
    });
  });

  it('is let go of by itself', async () => {
    await using connection = await openTestHost();
    const domain = await connection.domainByName('test');
    await using checkpoint = await create(domain, 'kept');
    await checkpoint.close();
    expect(await rejection(checkpoint.xml())).toMatchObject({
      code: 'CLOSED',
      message: 'This checkpoint is closed: look it up again.',
    });
    expect(await names(domain)).toEqual(['kept']);
  });

  it('goes with its domain and its connection', async () => {
    let connection: Connection = await openTestHost();
    await using _ = { [Symbol.asyncDispose]: () => connection.close() };
    const checkpoint = await create(await connection.domainByName('test'), 'one');
    await connection.close();
    expect(await rejection(checkpoint.delete())).toMatchObject({ code: 'CLOSED' });
    connection = await openTestHost();
    expect(await names(await connection.domainByName('test'))).toEqual([]);
  });
});

function create(domain: Domain, name: string): Promise<Checkpoint> {
  return domain.checkpointCreate(`<domaincheckpoint>
    <name>${name}</name>
    <disks><disk name='vda' checkpoint='no'/><disk name='vdb' checkpoint='bitmap'/></disks>
  </domaincheckpoint>`);
}

async function names(...[domain, flags]: [Domain, Parameters<Domain['checkpoints']>[0]?]): Promise<string[]> {
  return (await domain.checkpoints(flags)).map(({ name }) => name).toSorted();
}

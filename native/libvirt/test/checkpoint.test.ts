import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, open, rejection } from './support/libvirt.js';
import { domainXml, TestNode } from './support/test-node.js';

describe.skipIf(!isBuilt)('a checkpoint', () => {
  let node: TestNode;
  let connection: BindingConnection;
  let domain: BindingDomain;

  beforeAll(async () => {
    node = new TestNode();
    connection = await open(node.uri);
    domain = await connection.createDomain(domainXml('written', DISK), 0);
  });

  afterAll(async () => {
    await connection.close();
    await node[Symbol.asyncDispose]();
  });

  it('is created, found, described and deleted', async () => {
    const first = await domain.checkpointCreate(checkpointXml('first'), 0);
    const second = await domain.checkpointCreate(checkpointXml('second'), 0);
    expect([first.name, second.name]).toEqual(['first', 'second']);
    expect((await domain.checkpoints(0)).map(({ name }) => name).sort()).toEqual(['first', 'second']);
    expect((await domain.checkpoints(ROOTS)).map(({ name }) => name)).toEqual(['first']);
    expect(await second.xml(NO_DOMAIN_XML)).toMatch(/<parent>\s*<name>first<\/name>/);
    await (await domain.checkpointByName('first', 0)).delete(0);
    expect((await domain.checkpoints(0)).map(({ name }) => name)).toEqual(['second']);
    expect(await rejection(domain.checkpointByName('first', 0))).toMatchObject({
      code: NO_DOMAIN_CHECKPOINT,
    });
    await second.delete(0);
  });

  it('is refused with libvirt’s reason', async () => {
    expect(
      await rejection(domain.checkpointCreate('<domaincheckpoint><name/></domaincheckpoint>', 0)),
    ).toMatchObject({
      code: XML_INVALID_SCHEMA,
    });
  });

  it('closes with its connection, or by itself', async () => {
    const another = await open(node.uri);
    const other = await another.createDomain(domainXml('other', DISK), 0);
    const kept = await other.checkpointCreate(checkpointXml('kept'), 0);
    const closed = await other.checkpointByName('kept', 0);
    closed.close();
    closed.close();
    expect([kept.isClosed, closed.isClosed, closed.name]).toEqual([false, true, 'kept']);
    await another.close();
    expect(kept.isClosed).toBe(true);
    expect(await rejection(kept.xml(0))).toEqual({ closed: 'checkpoint' });
    expect(await rejection(kept.delete(0))).toEqual({ closed: 'checkpoint' });
  });
});

function checkpointXml(name: string): string {
  return `<domaincheckpoint><name>${name}</name></domaincheckpoint>`;
}

const DISK = "<disk type='file'><driver type='qcow2'/><source file='/disk.qcow2'/><target dev='vda'/></disk>";
/** Source: libvirt, include/libvirt/libvirt-domain-checkpoint.h and virterror.h. */
const ROOTS = 1;
const NO_DOMAIN_XML = 2;
const XML_INVALID_SCHEMA = 92;
const NO_DOMAIN_CHECKPOINT = 103;

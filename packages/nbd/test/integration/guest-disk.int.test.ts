import { buildGuest, fillImage, LabVm, requires, verifyImage } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { serve } from '../../src/index.js';
import { FORMS } from '../support/foreign-servers.js';
import { Workspace } from '../support/workspace.js';

const lab = requires('guest', 'qemu-system-x86_64', 'qemu-img');

describe.skipIf(!lab.available)(`a QEMU guest's disk on the server ${lab.reason}`, () => {
  it.each(FORMS)('holds what the guest has flushed, with %s replies', async (replies) => {
    await using workspace = await Workspace.create();
    const file = workspace.path('vda');
    await fillImage(file, 'vda', 16, 8);
    const server = await serve({ file, listen: workspace.socket(), replies });
    await using vm = await LabVm.start({
      name: 'guest',
      directory: workspace.path('vm'),
      disks: [{ name: 'vda', kind: 'drive', path: server.uri }],
      guest: await buildGuest(),
      workload: { vda: 4096 },
    });
    const { generations, bad, errors } = await vm.waitBeats(4);
    const flushed = generations['vda'] ?? 0;
    expect({ flushed: flushed > 0, bad, errors }).toEqual({ flushed: true, bad: 0, errors: 0 });
    await vm.end();
    await server.close();
    expect(await verifyImage(file, flushed)).toMatchObject({ status: 'ok' });
  });
});

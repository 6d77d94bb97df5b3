import { nbdinfo, nbdkit, qemuImg, qemuIo, qemuNbd, requires, run, Scratch } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { blockferry, objects, result } from '../support/blockferry.js';
import { sparseImage } from '../support/images.js';

const lab = requires('qemu-nbd', 'qemu-img', 'qemu-io', 'nbdkit', 'nbdinfo');

type Report = Record<string, unknown> & { exports: Record<string, unknown>[] };

/** What we tell under a key of nbdinfo's is what nbdinfo tells; what it tells and we cannot know is `content`. */
function expectAgreement(ours: unknown, theirs: unknown): void {
  const { type, ok, exit, ...report } = ours as Report;
  expect({ type, ok, exit }).toEqual({ type: 'result', ok: true, exit: 0 });
  const { exports, ...server } = theirs as Report;
  expect(report).toEqual({ ...server, exports: exports.map(({ content: _, ...rest }) => rest) });
}

async function maps(uri: string, ...options: string[]): Promise<[ours: string, theirs: string]> {
  const context = options.find((option) => option.startsWith('--context='))?.slice('--context='.length);
  const theirs = options
    .filter((option) => !option.startsWith('--context'))
    .concat(context === undefined ? '--map' : `--map=${context}`);
  const { status, stdout } = await blockferry('map', uri, ...options);
  expect(status).toBe(0);
  return [stdout, (await run('nbdinfo', [...theirs, uri])).stdout];
}

describe.skipIf(!lab.available)('info, list and map tell what nbdinfo tells', () => {
  it('of qemu-nbd with a qcow2 image and a bitmap', async () => {
    await using scratch = new Scratch();
    const image = scratch.join('disk.qcow2');
    await qemuImg('create', '-q', '-f', 'qcow2', image, '64M');
    await qemuIo(image, ['write -P 3 1M 2M'], 'qcow2');
    await qemuImg('bitmap', '--add', image, 'b0');
    await qemuIo(image, ['write -P 4 5M 1M', 'write -z 8M 1M'], 'qcow2');
    await using peer = await qemuNbd(image, {
      format: 'qcow2',
      exportName: 'a name/ß',
      bitmap: 'b0',
      extraArguments: ['--allocation-depth', '--description', 'a description'],
    });

    expectAgreement(result((await blockferry('info', peer.uri, '--json')).stdout), await nbdinfo(peer.uri));
    expectAgreement(
      result((await blockferry('list', peer.uri, '--json')).stdout),
      await nbdinfo(peer.uri, '--list'),
    );
    for (const context of ['base:allocation', 'qemu:dirty-bitmap:b0', 'qemu:allocation-depth']) {
      const [ours, theirs] = await maps(peer.uri, `--context=${context}`);
      expect(ours).toBe(theirs);
      const [sums, theirSums] = await maps(peer.uri, `--context=${context}`, '--totals');
      expect(sums).toBe(theirSums);
      const [lines, theirLines] = await maps(peer.uri, `--context=${context}`, '--json');
      expect(objects(lines).slice(0, -1)).toEqual(JSON.parse(theirLines));
      const [totals, theirTotals] = await maps(peer.uri, `--context=${context}`, '--json', '--totals');
      expect(objects(totals).slice(0, -1)).toEqual(JSON.parse(theirTotals));
    }
  });

  it.each([
    ['memory', ['memory', '1G']],
    [
      'read-only memory without multi-conn',
      ['--readonly', '--filter=multi-conn', 'memory', '1000', 'multi-conn-mode=disable'],
    ],
    ['no extents, no FUA', ['--filter=noextents', '--filter=fua', 'memory', '5M']],
    [
      'block sizes',
      [
        '--filter=blocksize-policy',
        'memory',
        '64M',
        'blocksize-minimum=4K',
        'blocksize-preferred=64K',
        'blocksize-maximum=1M',
      ],
    ],
    ['simple replies', ['--no-sr', 'memory', '1M']],
    ['an odd size', ['memory', '1572865']],
  ])('of nbdkit with %s', async (_, args) => {
    await using peer = await nbdkit(...args);
    expectAgreement(result((await blockferry('info', peer.uri, '--json')).stdout), await nbdinfo(peer.uri));
  });

  it('as text, line by line', async () => {
    await using scratch = new Scratch();
    await sparseImage(scratch.join('disk'));
    await using peer = await nbdkit('file', scratch.join('disk'));
    const { stdout: theirs } = await run('nbdinfo', ['--no-content', peer.uri]);
    expect((await blockferry('info', peer.uri)).stdout).toBe(theirs);
    const [ours, map] = await maps(peer.uri);
    expect(ours).toBe(map);
    expect(ours.split('\n').length).toBeGreaterThan(8);
  });
});

describe.skipIf(!lab.available)('what a server does not have', () => {
  it('a context: ends with 1 and names it', async () => {
    await using peer = await nbdkit('memory', '1M');
    const { status, stdout, stderr } = await blockferry('map', peer.uri, '--context', 'x:none', '--json');
    expect(status).toBe(1);
    expect(stderr).toContain('x:none');
    expect(result(stdout)).toMatchObject({ ok: false, exit: 1, error: { code: 'NBD_UNSUPPORTED' } });
  });

  it('an export: ends with 1', async () => {
    await using scratch = new Scratch();
    await sparseImage(scratch.join('disk'));
    await using peer = await qemuNbd(scratch.join('disk'), { exportName: 'there' });
    const { status, stdout } = await blockferry('info', peer.uri.replace('there', 'elsewhere'), '--json');
    expect(status).toBe(1);
    expect(result(stdout)).toMatchObject({ error: { code: 'NBD_EXPORT_NOT_FOUND' } });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { LibvirtPair, requires, run, sha256, TwoHosts } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';

const lab = requires('libvirt', 'guest', 'qemu-system-x86_64', 'qemu-img', 'tail');

describe.skipIf(!lab.available)(`a pair of libvirt hosts ${lab.reason}`, () => {
  it('has a guest that libvirt moves with the selected disks, and leaves nothing behind', async () => {
    let directory = '';
    let networks: string[] = [];
    {
      await using pair = await LibvirtPair.start({ rateMiB: 4, dirtyTarget: true });
      const { source, destination, domain, network } = pair;
      directory = pair.directory;
      networks = [network.source.name, network.destination.name];
      const untouched = await sha256(pair.image('destination', 'vdc'));
      const options = ['--live', '--copy-storage-all', '--migrate-disks', 'vda,vdb', '--unsafe'];
      await source.virsh('migrate', ...options, domain, destination.uri);
      const { number, bad, errors } = await destination.waitMoreBeats(2);
      expect(number).toBeGreaterThan(source.beats.at(-1)?.number ?? 0);
      expect({ bad, errors }).toEqual({ bad: 0, errors: 0 });
      expect((await source.virsh('list', '--all', '--name')).stdout.trim()).toBe('');
      expect((await destination.virsh('list', '--name')).stdout.trim()).toBe(domain);
      await destination.addPool();
      await destination.crashDaemon();
      expect((await destination.virsh('vol-list', 'images')).stdout).toContain('vda.raw');
      await destination.waitMoreBeats(1);

      expect(() => pair.verify('destination', 'vda')).toThrow('end()');
      expect(await processes(directory)).not.toEqual([]);
      await pair.end();
      expect(await processes(directory)).toEqual([]);
      for (const disk of ['vda', 'vdb']) {
        expect(await pair.verify('destination', disk)).toMatchObject({ status: 'ok' });
      }
      expect(await pair.verify('source', 'vdc')).toMatchObject({ status: 'ok' });
      expect(await sha256(pair.image('destination', 'vdc'))).toBe(untouched);
    }
    expect(existsSync(directory)).toBe(false);
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(directory);
    expect((await readdir('/run/netns')).filter((name) => networks.includes(name))).toEqual([]);
  });

  it('ends with a parent that was killed, guest and all', async () => {
    const script = `
      import { LibvirtPair } from '@blockferry/lab';
      const pair = await LibvirtPair.start();
      process.stdout.write(pair.directory);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [directory] = (await once(parent.stdout, 'data')).map(String) as [string];
    try {
      const pids = await processes(directory);
      const programs = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8')));
      expect(programs.filter((program) => program.startsWith('qemu-system'))).toHaveLength(1);
      // tail ends when the process has.
      const gone = pids.map((pid) =>
        run('tail', ['--follow', `--pid=${pid}`, '--sleep-interval=0.1', '/dev/null']),
      );
      parent.kill('SIGKILL');
      await Promise.all(gone);
      expect(await processes(directory)).toEqual([]);
    } finally {
      parent.kill('SIGKILL');
      await rm(directory, { recursive: true });
    }
    await using _removesStaleNetworks = await TwoHosts.start();
  });
});

/** Those whose command line names the folder. */
async function processes(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')), // it has ended meanwhile
  );
  return pids.filter((_, index) => lines[index]?.includes(folder));
}

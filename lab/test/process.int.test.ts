import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Daemon, requires, run } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';

const lab = requires('sleep', 'tail');

describe.skipIf(!lab.available)('processes of the lab', () => {
  it('reject with the output when they fail, and when they take too long', async () => {
    await expect(run('sh', ['-c', 'echo no luck >&2; exit 3'])).rejects.toThrow('exit status 3\nno luck');
    await expect(run('sleep', ['1000'], { timeoutMs: 1 })).rejects.toThrow('ended by SIGKILL');
    await expect(run('no-such-program', [])).rejects.toThrow('no-such-program');
  });

  it('say how they ended', async () => {
    const daemon = new Daemon('sleep', ['1000']);
    await daemon.end();
    expect(await daemon.exited).toContain('SIGTERM');
  });

  it('do not outlive a parent that was killed', async () => {
    const script = `
      import { Daemon } from '@blockferry/lab';
      const daemon = new Daemon('sh', ['-c', 'echo $$; exec sleep 1000'], (pid) => process.stdout.write(pid));
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    expect(existsSync(`/proc/${Number(pid)}`)).toBe(true);
    // tail ends when the process has.
    const gone = run('tail', ['--follow', `--pid=${Number(pid)}`, '--sleep-interval=0.1', '/dev/null']);
    parent.kill('SIGKILL');
    await gone;
    expect(existsSync(`/proc/${Number(pid)}`)).toBe(false);
  });
});

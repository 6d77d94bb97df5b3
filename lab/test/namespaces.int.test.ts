import { readdir } from 'node:fs/promises';
import { Daemon, type NetworkHost, requires, run, TwoHosts } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';

const lab = requires('namespaces');

describe.skipIf(!lab.available)(`two hosts on one machine ${lab.reason}`, () => {
  it('reach one another and nothing else, and are gone afterwards', async () => {
    let names: string[] = [];
    {
      await using hosts = await TwoHosts.start();
      const { source, destination } = hosts;
      names = [source.name, destination.name];
      expect(await namespaces()).toEqual(expect.arrayContaining(names));
      await using server = await greeter(destination);
      expect(await greeting(source, destination.address, server.port)).toBe('hello');
      // On the other host's loopback there is another world.
      expect(await greeting(source, '127.0.0.1', server.port)).toBe('ECONNREFUSED');
      expect(await greeting(source, '198.51.100.1', server.port)).toBe('ENETUNREACH');
      await hosts.addSourceAddress('10.77.1.2');
      expect(await greeting(source, '10.77.1.2', server.port)).toBe('ECONNREFUSED');
    }
    const left = await namespaces();
    expect(left.filter((name) => names.includes(name))).toEqual([]);
  });

  it('clear away those of a run that was killed, and no others', async () => {
    await using ended = new Daemon('true', []);
    const dead = `blockferry-lab-${ended.pid}-killed-source`;
    const ours = `blockferry-lab-${process.pid}-alive-source`;
    await ended.exited;
    await run('ip', ['netns', 'add', dead]);
    await run('ip', ['netns', 'add', ours]);
    try {
      await using _hosts = await TwoHosts.start();
      const left = await namespaces();
      expect(left).not.toContain(dead);
      expect(left).toContain(ours);
    } finally {
      await run('ip', ['netns', 'delete', ours]);
    }
  });
});

async function namespaces(): Promise<string[]> {
  return await readdir('/run/netns').catch(() => []);
}

/** A server on a host that says hello. */
async function greeter(host: NetworkHost): Promise<AsyncDisposable & { port: number }> {
  const script = `const server = require('node:net').createServer((socket) => socket.end('hello'));
    server.listen(0, '${host.address}', () => console.log(server.address().port));`;
  const [program = '', ...args] = [...host.prefix, process.execPath, '-e', script];
  let daemon: Daemon | undefined;
  const port = await new Promise<number>((resolve, reject) => {
    daemon = new Daemon(program, args, (text) => resolve(Number(text)));
    void daemon.exited.then((how) => reject(new Error(how)));
  });
  return { port, [Symbol.asyncDispose]: async () => daemon?.end() };
}

/** What a host hears from a server, or why not. */
async function greeting(host: NetworkHost, address: string, port: number): Promise<string> {
  const script = `const socket = require('node:net').connect(${port}, '${address}');
    socket.on('data', (data) => console.log(String(data))).on('error', ({ code }) => console.log(code));`;
  const [program = '', ...args] = [...host.prefix, process.execPath, '-e', script];
  return (await run(program, args)).stdout.trim();
}

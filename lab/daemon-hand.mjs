import { mkdir } from 'node:fs/promises';
import { LibvirtHost, Scratch, TwoHosts } from '@blockferry/lab';
const scratch = new Scratch(); const network = await TwoHosts.start(); await mkdir(scratch.join('images'));
const host = await LibvirtHost.start({ name: 'host', directory: scratch.join('host'), images: scratch.join('images'), network: network.source });
console.log(host.socketPath);
process.stdin.resume();
process.stdin.on('end', async () => { await host.end(); await network[Symbol.asyncDispose](); await scratch[Symbol.asyncDispose](); console.log('gone'); process.exit(); });

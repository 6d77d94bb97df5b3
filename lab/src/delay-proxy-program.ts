// Relays TCP connections over a slow line. Its one argument is a `DelayProxyOptions` in JSON. The first line that it
// writes is the list of its ports; each outage writes one more.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { DelayLine, Link } from './delay-line.js';
import type { DelayProxyOptions, Route } from './delay-proxy.js';

const {
  listenHost,
  targetHost,
  routes,
  link: options,
} = JSON.parse(process.argv[2] ?? '') as DelayProxyOptions;
const link = new Link(options, () => process.stdout.write('stall\n'));
const ports: number[] = [];
for (const route of routes) ports.push(await listen(route));
process.stdout.write(`${JSON.stringify(ports)}\n`);

async function listen({ port, targetPort }: Route): Promise<number> {
  // A half of a connection may end before the other: that is relayed as everything else.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    relay(client, connect({ host: targetHost, port: targetPort, noDelay: true, allowHalfOpen: true }));
  });
  server.listen(port, listenHost);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function relay(client: Socket, target: Socket): void {
  client.pipe(new DelayLine(link)).pipe(target);
  target.pipe(new DelayLine(link)).pipe(client);
  client.on('error', () => target.destroy());
  target.on('error', () => client.destroy());
}

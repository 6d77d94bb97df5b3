// @ts-check
// Starts the service; SIGTERM and SIGINT cancel what runs, wait until it is rolled back, and end with 0.
import { createService } from './src/service.mjs';

const host = process.env['HOST'] ?? '127.0.0.1';
const port = Number(process.env['PORT'] ?? 8080);

const service = createService();
service.server.listen(port, host, () => {
  const address = service.server.address();
  if (address === null || typeof address === 'string') return;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  console.log(`listening on http://${name}:${address.port}`);
});
service.server.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    console.log(`${signal}: cancelling what runs`);
    await service.close();
    console.log('stopped');
  });
}

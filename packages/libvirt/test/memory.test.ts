import { run } from '@blockferry/lab';
import { describe, expect, it } from 'vitest';
import { addon } from './support/test-driver.js';

describe.skipIf(!addon.available)(`memory stays flat ${addon.reason}`, () => {
  it.each([
    ['over connections', 400, `await (await connect('test:///default')).close();`],
    [
      'over objects and subscriptions that nobody closes',
      100,
      `const connection = await connect('test:///default');
      const [domain] = await connection.domains();
      const [pool] = await connection.pools();
      await Promise.all([domain.info(), pool.volumes(), connection.events('lifecycle')]);
      await connection.close();`,
    ],
    ['over connections that are forgotten', 100, `await connect('test:///default');`],
    [
      'over typed parameters',
      500,
      `await shared.domainByName('test').then((domain) => domain.blockIoTune('vda'));`,
    ],
    ['over errors', 1000, `await shared.domainByName('nobody').catch(() => {});`],
    [
      'over calls that are aborted',
      500,
      `const abort = new AbortController();
      const call = shared.capabilities({ signal: abort.signal }).catch(() => {});
      abort.abort();
      await call;`,
    ],
  ])('%s', { timeout: 60_000 }, async (_, rounds, body) => {
    const program = `
      const { connect } = await import(process.argv[1]);
      const shared = await connect('test:///default');
      const repeat = async () => {
        for (let i = 0; i < ${rounds}; i++) { ${body} }
        // Promises of what was closed, and what is garbage, are gone after a turn of the loop.
        for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve, gc()));
        return process.memoryUsage().rss;
      };
      const sizes = [];
      for (let i = 0; i < 12; i++) sizes.push(await repeat());
      await shared.close();
      console.log(JSON.stringify(sizes));
    `;
    const dist = new URL('../dist/index.js', import.meta.url).href;
    const { stdout } = await run(process.execPath, [
      '--expose-gc',
      '--input-type=module',
      '--eval',
      program,
      dist,
    ]);
    const sizes = JSON.parse(stdout) as number[];
    // The first half is warming up: threads, compiled code, the allocator's arenas.
    const growth = Math.min(...sizes.slice(9)) - Math.max(...sizes.slice(0, 6));
    expect(growth).toBeLessThan(3 * 2 ** 20);
  });
});

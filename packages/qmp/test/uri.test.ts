import { expect, it } from 'vitest';
import { parseQmpUri, QmpError } from '../src/index.js';

it.each([
  ['qmp+unix:///run/a.sock', { transport: 'unix', path: '/run/a.sock' }],
  ['qmp+unix:///run/a%20b%3F%23%25.sock', { transport: 'unix', path: '/run/a b?#%.sock' }],
  ['qmp+unix:///run/d\u00fcne', { transport: 'unix', path: '/run/d\u00fcne' }],
  [`qmp+unix:///${'p'.repeat(106)}`, { transport: 'unix', path: `/${'p'.repeat(106)}` }],
  ['qmp+tcp://localhost:4444', { transport: 'tcp', host: 'localhost', port: 4444 }],
  ['qmp+tcp://127.0.0.1:4444/', { transport: 'tcp', host: '127.0.0.1', port: 4444 }],
  ['qmp+tcp://[::1]:65535', { transport: 'tcp', host: '::1', port: 65535 }],
  ['QMP+TCP://host:1', { transport: 'tcp', host: 'host', port: 1 }],
])('%s', (uri, address) => {
  expect(parseQmpUri(uri)).toEqual(address);
});

it.each([
  ['', 'qmp+unix:///PATH or qmp+tcp://HOST:PORT'],
  ['/run/a.sock', 'qmp+unix:///PATH or qmp+tcp://HOST:PORT'],
  ['unix:///run/a.sock', 'qmp+unix:///PATH or qmp+tcp://HOST:PORT'],
  ['qmp+unix:/run/a.sock', 'qmp+unix:///PATH or qmp+tcp://HOST:PORT'],
  ['qmp+unix://run/a.sock', 'three slashes'],
  ['qmp+unix://', 'path of the socket is missing'],
  ['qmp+unix:///', 'path of the socket is missing'],
  ['qmp+unix:///a?b=c', 'no query'],
  ['qmp+unix:///a#b', 'no query and no fragment'],
  ['qmp+unix:///a%zz', 'valid escape'],
  ['qmp+unix:///a%00b', 'NUL'],
  [`qmp+unix:///${'p'.repeat(107)}`, '108 bytes'],
  [`qmp+unix:///${'\u00fc'.repeat(54)}`, '109 bytes'],
  ['qmp+tcp://host', 'port is missing'],
  ['qmp+tcp://host:0', 'port is missing'],
  ['qmp+tcp://host:65536', 'malformed'],
  ['qmp+tcp://host:x', 'malformed'],
  ['qmp+tcp://[::1:4444', 'malformed'],
  ['qmp+tcp://:4444', 'malformed'],
  ['qmp+tcp://host:4444/path', 'no path'],
  ['qmp+tcp://user@host:4444', 'user name'],
])('refuses %s', (uri, why) => {
  const error = thrownBy(() => parseQmpUri(uri));
  expect(error).toMatchObject({ code: 'QMP_URI', message: expect.stringContaining(why) });
  expect(QmpError.is(error)).toBe(true);
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

import { describe, expect, it } from 'vitest';
import {
  type Address,
  exportUri,
  isWildcard,
  parseListenHost,
  parseNbdAddress,
  parseStateAddress,
  serverAddress,
  stateUri,
} from '../../../src/adapters/qemu/address.js';

const unix = (path: string): Address => ({ type: 'unix', path });
const tcp = (host: string, port?: number): Address => ({ type: 'tcp', host, port });

/** The error's sentence, without the option and the text that it begins with. */
function refusal(parse: typeof parseNbdAddress, option: string, text: string): string {
  try {
    parse(option, text);
  } catch (error) {
    expect(error).toMatchObject({ name: 'MigrationError', code: 'INVALID_ARGUMENT' });
    const { message } = error as Error;
    expect(message).toContain(`${option} is "${text}": `);
    return message.slice(`${option} is "${text}": `.length);
  }
  return 'It was taken.';
}

describe("an NBD server's address", () => {
  it.each([
    ['nbd://host.example:10809', tcp('host.example', 10809)],
    ['nbd://host.example:10809/', tcp('host.example', 10809)],
    ['tcp://192.0.2.7:49152', tcp('192.0.2.7', 49152)],
    ['nbd://[2001:db8::7]:10809', tcp('2001:db8::7', 10809)],
    ['tcp://[::1]:1', tcp('::1', 1)],
    // Without a port, or with 0: a free one of the port range.
    ['nbd://host', tcp('host')],
    ['tcp://host:0', tcp('host')],
    ['nbd://0.0.0.0:65535', tcp('0.0.0.0', 65535)],
    ['nbd+unix:///?socket=/run/nbd.sock', unix('/run/nbd.sock')],
    ['nbd+unix://?socket=/run/nbd.sock', unix('/run/nbd.sock')],
    ['nbd+unix:///?socket=/run/a%20b%26c%23.sock', unix('/run/a b&c#.sock')],
    ['nbd+unix:///?socket=%2Frun%2Fa+b.sock', unix('/run/a+b.sock')],
    ['unix:///run/nbd.sock', unix('/run/nbd.sock')],
    ['unix:///run/%C3%A9%3F+.sock', unix('/run/é?+.sock')],
  ])('%s', (text, address) => {
    expect(parseNbdAddress('--source-nbd', text)).toEqual(address);
  });

  it.each([
    ['', /give nbd:\/\/host:port/],
    ['host:10809', /give nbd:\/\/host:port/],
    ['/run/nbd.sock', /give nbd:\/\/host:port/],
    ['http://host:1', /scheme http: is not one of nbd, nbd\+unix, tcp, unix/],
    ['nbds://host:1', /scheme nbds:/],
    ['nbds+unix:///?socket=/a', /scheme nbds\+unix:/],
    ['nbd://host:65536', /give/],
    ['nbd://host:-1', /give/],
    ['nbd://host:port', /give/],
    ['nbd://:10809', /give/],
    ['nbd://[::1:10809', /give/],
    ['nbd://', /no host/],
    ['tcp:host:1', /give nbd:\/\/host:port/],
    ['nbd://host:1/vda', /export is ours to name/],
    ['tcp://host:1/vda', /export is ours to name/],
    ['nbd+unix:///vda?socket=/run/nbd.sock', /export is ours to name/],
    ['nbd+unix:///', /a socket and nothing else/],
    ['nbd+unix:///?socket=', /a socket and nothing else/],
    ['nbd+unix:///?sock=/a', /a socket and nothing else/],
    ['nbd+unix:///?socket=/a&tls-certificates=/etc', /a socket and nothing else/],
    ['nbd+unix://host/?socket=/a', /a socket and nothing else/],
    ['nbd+unix:///?socket=a.sock', /absolute/],
    ['nbd+unix:///?socket=/', /absolute/],
    ['nbd+unix:///?socket=/a%zz', /no valid escape/],
    ['nbd+unix:///?socket=/a%00b', /absolute/],
    ['unix://run/nbd.sock', /three slashes/],
    ['unix:nbd.sock', /give .*unix:\/\/\/PATH/],
    ['unix:///', /absolute/],
    ['unix:///a%zz', /no valid escape/],
    ['unix:///a?b', /%3F/],
    ['unix:///a#b', /%23/],
    ['nbd://user@host:1', /a host and a port and nothing else/],
    ['nbd://host:1?tls-certificates=/etc', /a host and a port and nothing else/],
  ])('not "%s"', (text, why) => {
    expect(refusal(parseNbdAddress, '--source-nbd', text)).toMatch(why);
  });
});

describe("the state stream's address", () => {
  it.each([
    ['tcp://host.example:49152', tcp('host.example', 49152)],
    ['tcp://[::1]:49152', tcp('::1', 49152)],
    ['tcp://host', tcp('host')],
    ['unix:///run/state.sock', unix('/run/state.sock')],
    ['unix:///run/a%20b', unix('/run/a b')],
    ['tcp:host.example:49152', tcp('host.example', 49152)],
    ['tcp:192.0.2.7:1', tcp('192.0.2.7', 1)],
    ['tcp:[2001:db8::7]:49152', tcp('2001:db8::7', 49152)],
    ['unix:/run/state.sock', unix('/run/state.sock')],
    // QEMU's own form is taken as it is.
    ['unix:/run/a%20b?c#d', unix('/run/a%20b?c#d')],
  ])('%s', (text, address) => {
    expect(parseStateAddress('--state-uri', text)).toEqual(address);
  });

  it.each([
    ['', /give tcp:\/\/host:port or unix:\/\/\/PATH/],
    ['nbd://host:1', /scheme nbd: is neither tcp nor unix/],
    ['exec:cat', /give tcp:/],
    ['fd:3', /give tcp:/],
    ['tcp::49152', /give/],
    ['tcp:host:65536', /give/],
    ['tcp:host:1,to=2', /give/],
    ['tcp:[::1:1', /give/],
    ['tcp://', /no host/],
    ['tcp://host:1/path', /takes no path/],
    ['tcp:host:1?a=b', /nothing else/],
    ['unix:state.sock', /absolute/],
    ['unix:', /give tcp:/],
    ['unix:/', /absolute/],
    ['unix:/a\0b', /absolute/],
    ['unix://run/state.sock', /three slashes/],
    ['unix:///a%zz', /no valid escape/],
  ])('not "%s"', (text, why) => {
    expect(refusal(parseStateAddress, '--state-uri', text)).toMatch(why);
  });
});

describe("a socket's path", () => {
  const longest = `/${'a'.repeat(106)}`;
  const wide = `/${'é'.repeat(53)}`;

  it.each([longest, wide])('may have 107 bytes', (path) => {
    expect(Buffer.byteLength(path)).toBe(107);
    expect(parseNbdAddress('--source-nbd', `unix://${path}`)).toEqual(unix(path));
    expect(parseNbdAddress('--source-nbd', `nbd+unix:///?socket=${encodeURIComponent(path)}`)).toEqual(
      unix(path),
    );
    expect(parseStateAddress('--state-uri', `unix:${path}`)).toEqual(unix(path));
  });

  it.each([longest, wide])('may not have 108', (path) => {
    const why = /ends at 107 bytes, this one has 108/;
    expect(() => parseNbdAddress('--source-nbd', `unix://${path}a`)).toThrow(why);
    expect(() => parseNbdAddress('--source-nbd', `nbd+unix:///?socket=${path}a`)).toThrow(why);
    expect(() => parseStateAddress('--state-uri', `unix:${path}a`)).toThrow(why);
  });
});

describe('the host of listen_address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['host.example', 'host.example'],
    ['::1', '::1'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['0.0.0.0', '0.0.0.0'],
  ])('%s', (text, host) => {
    expect(parseListenHost(text)).toBe(host);
  });

  it.each(['', 'host:1', '192.0.2.7:1', '[::1', 'tcp://host', 'a@b', 'a b'])('not "%s"', (text) => {
    expect(() => parseListenHost(text)).toThrow(/^listen_address is ".*": give a host name/);
  });
});

describe('a wildcard', () => {
  it.each(['0.0.0.0', '0', '0x0', '0.0', '::', '0:0:0:0:0:0:0:0', '::0.0.0.0', '::ffff:0.0.0.0'])(
    '%s',
    (host) => {
      expect(isWildcard(host)).toBe(true);
    },
  );

  it.each(['127.0.0.1', '::1', '0.0.0.1', 'host', '0.example', '10.0.0.0'])('not %s', (host) => {
    expect(isWildcard(host)).toBe(false);
  });
});

describe('what others are told of an address', () => {
  it.each([
    [unix('/run/a b+&?.sock'), 'nbd+unix:///vda%2F1?socket=%2Frun%2Fa%20b%2B%26%3F.sock'],
    [tcp('host', 49152), 'nbd://host:49152/vda%2F1'],
    [tcp('::1', 49152), 'nbd://[::1]:49152/vda%2F1'],
  ])('NBD clients, of an export on %o', (address, uri) => {
    expect(exportUri(address, 'vda/1')).toBe(uri);
  });

  it.each([
    [unix('/run/s'), 'unix:/run/s'],
    [tcp('host', 49152), 'tcp:host:49152'],
    [tcp('::1', 49152), 'tcp:[::1]:49152'],
  ])("QEMU's migrate, of %o", (address, uri) => {
    expect(stateUri(address)).toBe(uri);
    expect(parseStateAddress('--state-uri', uri)).toEqual(address);
  });

  it("QEMU's NBD server", () => {
    expect(serverAddress(unix('/run/s'))).toEqual({ type: 'unix', data: { path: '/run/s' } });
    expect(serverAddress(tcp('::1', 49152))).toEqual({
      type: 'inet',
      data: { host: '::1', port: '49152' },
    });
  });
});

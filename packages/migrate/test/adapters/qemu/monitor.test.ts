import { describe, expect, it } from 'vitest';
import { monitorOf } from '../../../src/adapters/qemu/monitor.js';

describe('how a monitor is reached', () => {
  it.each([
    ['qmp+unix:///run/vm/qmp.sock', { type: 'unix' }],
    ['qmp+tcp://host.example:4444', { type: 'tcp', host: 'host.example' }],
    ['qmp+tcp://[2001:db8::7]:4444', { type: 'tcp', host: '2001:db8::7' }],
    // Nothing is to listen on every address for that.
    ['qmp+tcp://0.0.0.0:4444', { type: 'tcp', host: '127.0.0.1' }],
    ['qmp+tcp://[::]:4444', { type: 'tcp', host: '::1' }],
  ])('%s', (uri, monitor) => {
    expect(monitorOf(uri)).toEqual(monitor);
  });
});

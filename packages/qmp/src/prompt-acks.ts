import type { Socket } from 'node:net';

/**
 * Has all that arrives acknowledged at once. QEMU leaves TCP_NODELAY off: of several replies and events in a row it
 * sends one, and the others only when that one was acknowledged, which the kernel by itself puts off for 40 ms. Whatever
 * we send takes the acknowledgement along, and a space between two commands means nothing.
 */
export function acknowledgeAtOnce(socket: Socket): void {
  socket.on('data', () => {
    if (socket.writable) socket.write(' ');
  });
}

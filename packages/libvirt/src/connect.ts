import type { BindingConnection } from '@blockferry/libvirt-native';
import { loadBinding } from './binding.js';
import { type CallOptions, call } from './call.js';
import { Connection } from './connection.js';
import { Authentication, type Authenticator } from './credentials.js';
import { LibvirtError } from './error.js';
import { aborted, toLibvirtError } from './failure.js';
import { checkInteger } from './integers.js';
import { toVersion, type Version } from './version.js';

/** How a daemon that does not answer any more is found out. */
export interface KeepAlive {
  /** Seconds of silence before it is asked for a sign of life, 1 to 2147483647. @default 5 */
  readonly intervalSeconds: number;
  /** How many of these may stay unanswered, 1 to 2147483647; then the connection is given up. @default 3 */
  readonly count: number;
}

/** How to connect. */
export interface ConnectOptions extends CallOptions {
  /** Asks for nothing but what changes nothing: fewer rights are needed, and other calls fail with `OPERATION_DENIED`. */
  readonly readOnly?: boolean;
  /** Answers what the daemon asks to authenticate. @default none: libvirt asks nobody, and may use its auth.conf */
  readonly auth?: Authenticator;
  /**
   * When a daemon that hangs is given up; `false` never does. The default takes 20 seconds. Drivers without a daemon
   * (`test:`, `esx:`) have no use for it.
   */
  readonly keepAlive?: KeepAlive | false;
  /** Gives up the connecting with `ABORTED`; a connection that comes about later is closed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to a hypervisor.
 *
 * @param uri of libvirt: `qemu:///system`, `qemu+ssh://HOST/system`, `test:///default`; by default the one of
 * `LIBVIRT_DEFAULT_URI`, of libvirt's configuration, or that libvirt finds by itself.
 * @throws {LibvirtError} `NOT_INSTALLED` without libvirt; `NO_CONNECT`, `SYSTEM_ERROR`, `RPC`, `AUTH_FAILED` and others of
 * libvirt's; `AUTH_CANCELLED` when `auth` refuses; `ABORTED`.
 *
 * Source: libvirt, virConnectOpenAuth, virConnectOpenReadOnly, virConnectSetKeepAlive.
 */
export function connect(uri?: string, options: ConnectOptions = {}): Promise<Connection> {
  let giveUp: (() => void) | undefined;
  const onOpening = (giveUpNative: () => void): void => {
    giveUp = giveUpNative;
  };
  return call(options, () => open(uri, options, onOpening), {
    // A daemon that hangs while it is connected to would keep Node alive.
    onAbort: () => giveUp?.(),
    late: (connection) => void connection.close().catch(() => {}),
  });
}

/**
 * The release of libvirt's client library, which this process uses; the daemon's is `connection.libvirtVersion()`.
 *
 * @throws {LibvirtError} `NOT_INSTALLED` without libvirt.
 *
 * Source: libvirt, virGetVersion.
 */
export async function libvirtVersion(): Promise<Version> {
  const { version } = await loadBinding();
  return toVersion(version());
}

async function open(
  uri: string | undefined,
  options: ConnectOptions,
  onOpening: (giveUp: () => void) => void,
): Promise<Connection> {
  const { readOnly = false, auth, signal, keepAlive = DEFAULT_KEEP_ALIVE } = options;
  if (keepAlive !== false) {
    checkInteger('keepAlive.intervalSeconds', keepAlive.intervalSeconds, 1, MAX_INT);
    checkInteger('keepAlive.count', keepAlive.count, 1, MAX_INT);
  }
  const authentication = auth === undefined ? undefined : new Authentication(auth, signal);
  const { connect: connectNative } = await loadBinding();
  if (signal?.aborted) throw aborted(signal);
  let binding: BindingConnection;
  try {
    binding = await connectNative(uri ?? null, {
      readOnly,
      credentialTypes: authentication?.credentialTypes ?? [],
      onOpening,
      ...(authentication !== undefined && { auth: authentication.auth }),
    });
  } catch (failure) {
    if (authentication?.failure === undefined) throw failure;
    const { error } = authentication.failure;
    throw new LibvirtError('AUTH_CANCELLED', 'authentication cancelled: auth failed', { cause: error });
  }
  const connection = new Connection(binding);
  try {
    if (keepAlive !== false) await startKeepAlive(binding, keepAlive);
    return connection;
  } catch (failure) {
    await connection.close().catch(() => {});
    throw failure;
  }
}

async function startKeepAlive(
  binding: BindingConnection,
  { intervalSeconds, count }: KeepAlive,
): Promise<void> {
  try {
    await binding.setKeepAlive(intervalSeconds, count);
  } catch (failure) {
    // Without a daemon there is none that could hang.
    if (toLibvirtError(failure).code !== 'NO_SUPPORT') throw failure;
  }
}

const DEFAULT_KEEP_ALIVE: KeepAlive = { intervalSeconds: 5, count: 3 };
const MAX_INT = 2 ** 31 - 1;

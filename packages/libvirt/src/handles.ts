import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import type { Calls } from './calls.js';
import type { Connection } from './connection.js';
import type { Domain } from './domain.js';
import { invalidArgument } from './failure.js';

/** What a connection stands for. */
export interface ConnectionHandle {
  readonly binding: BindingConnection;
  readonly calls: Calls;
}

const connections = new WeakMap<object, ConnectionHandle>();
const domains = new WeakMap<object, BindingDomain>();

/** Remembers it for what comes from the connection, and for calls that take another connection than their own. */
export function registerConnection(connection: Connection, handle: ConnectionHandle): void {
  connections.set(connection, handle);
}

export function registerDomain(domain: Domain, binding: BindingDomain): void {
  domains.set(domain, binding);
}

/** @throws {LibvirtError} `INVALID_ARG` for anything else than a connection of this copy of the package. */
export function connectionHandle(connection: Connection): ConnectionHandle {
  const handle = connections.get(connection);
  if (handle === undefined) throw invalidArgument('a connection is a Connection, which connect() gives');
  return handle;
}

/** @throws {LibvirtError} `INVALID_ARG` for anything else than a domain of this copy of the package. */
export function domainBinding(domain: Domain): BindingDomain {
  const binding = domains.get(domain);
  if (binding === undefined) throw invalidArgument('a domain is a Domain, which a Connection gives');
  return binding;
}

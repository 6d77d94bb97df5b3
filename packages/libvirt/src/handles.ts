import type { BindingConnection, BindingDomain } from '@blockferry/libvirt-native';
import type { Connection } from './connection.js';
import type { Domain } from './domain.js';
import { invalidArgument } from './failure.js';

const connections = new WeakMap<object, BindingConnection>();
const domains = new WeakMap<object, BindingDomain>();

/** Remembers what a connection stands for, for the calls that take another object than their own. */
export function registerConnection(connection: Connection, binding: BindingConnection): void {
  connections.set(connection, binding);
}

export function registerDomain(domain: Domain, binding: BindingDomain): void {
  domains.set(domain, binding);
}

/** @throws {LibvirtError} `INVALID_ARG` for anything else than a connection of this copy of the package. */
export function connectionBinding(connection: Connection): BindingConnection {
  const binding = connections.get(connection);
  if (binding === undefined) throw invalidArgument('the destination is a Connection, which connect() gives');
  return binding;
}

/** @throws {LibvirtError} `INVALID_ARG` for anything else than a domain of this copy of the package. */
export function domainBinding(domain: Domain): BindingDomain {
  const binding = domains.get(domain);
  if (binding === undefined) throw invalidArgument('the domain is a Domain, which a Connection gives');
  return binding;
}

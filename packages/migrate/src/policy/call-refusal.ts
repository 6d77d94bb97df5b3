import {
  type MigrationConflict,
  migrationConflicts,
  migrationSchema,
  type TypedParams,
  TypedParamsError,
  validate,
} from '@blockferry/typed-params';
import { destinationOf, functionOf, type LibvirtCall, paramsOf } from '../libvirt-call.js';

/** How libvirt refuses a call. */
export type CallRefusal = Pick<MigrationConflict, 'code' | 'message'>;

/** What the peers of a call can do. */
export interface Peers {
  /** Whether both take all of libvirt's typed parameters, or those alone that the old calls can say. */
  readonly takeExtensibleParameters: boolean;
}

/**
 * The first that libvirt says against a call, whatever the domain is; `undefined` if nothing.
 *
 * Not here: what libvirt says of a call to a URI without `PEER2PEER`, for on other adapters that is the ordinary way, and
 * that its wire takes 64 parameters, for there is none.
 *
 * Source: libvirt 11.3, src/libvirt-domain.c.
 */
export function callRefusal(call: LibvirtCall<unknown>, peers: Peers): CallRefusal | undefined {
  for (const refusal of refusals(call, peers)) return refusal;
  return undefined;
}

/** In the order in which libvirt meets them. */
function* refusals(call: LibvirtCall<unknown>, peers: Peers): Generator<CallRefusal> {
  const params = paramsOf(call);
  const conflicts = migrationConflicts(params, call.flags, call.call);
  const destination = destinationOf(call);
  const isExtensible = 'params' in call;
  const name = functionOf(call.call);

  if (call.call === 'migrateToURI' && destination === undefined) yield isNull('duri', name);
  if (!isExtensible && call.dname === '') yield isEmpty('dname', name);
  yield* conflicts.filter(({ early }) => early);
  if (destination === undefined) yield isNull('dconnuri', name);
  if (call.flags.includes('PEER2PEER') && isLocal(peerOf(call))) yield SAME_HOST;
  if (!isExtensible) {
    yield* conflicts;
    return;
  }
  if (call.call === 'migrate3') yield* faultsOf(() => readOldParameters(params));
  // From peer to peer it is another function that looks.
  const reader = call.call === 'migrate3' ? name : 'virDomainMigratePerform3Params';
  if (params.get('destination_name') === '') yield isEmpty('dname', reader);
  if (!peers.takeExtensibleParameters && [...params].some((param) => !OLD.has(param.name)))
    yield NOT_EXTENSIBLE;
  yield* faultsOf(() => validate(params, migrationSchema));
  yield* conflicts;
}

function isNull(argument: string, name: string): CallRefusal {
  return { code: 'INVALID_ARG', message: `${argument} in ${name} must not be NULL` };
}

function isEmpty(argument: string, name: string): CallRefusal {
  return { code: 'INVALID_ARG', message: `string ${argument} in ${name} must not be empty` };
}

/** The daemon that the source's is to connect to, where the call names it. */
function peerOf(call: LibvirtCall<unknown>): string | undefined {
  const destination = call.call === 'migrate' ? call.uri : destinationOf(call);
  return typeof destination === 'string' ? destination : undefined;
}

/** Whether libvirt takes the host of a URI for its own. A socket can be anybody's, and so can what is no URI of its. */
function isLocal(uri: string | undefined): boolean {
  if (uri === undefined || /^[^:]+\+unix:/.test(uri)) return false;
  const host = /^[^:/?#]+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(uri)?.[1];
  return uri === '' || host === '' || (host?.startsWith('localhost') ?? false);
}

/** Those that `migrate3` could pass on to an older protocol. */
function readOldParameters(params: TypedParams): void {
  for (const name of ['migrate_uri', 'destination_name', 'destination_xml']) params.getString(name);
  params.getULLong('bandwidth');
}

/** What typed parameters say that are read, in libvirt's words. */
function* faultsOf(read: () => unknown): Generator<CallRefusal> {
  try {
    read();
  } catch (error) {
    if (!TypedParamsError.is(error)) throw error;
    const code = error.code === 'ARGUMENT_UNSUPPORTED' ? error.code : 'INVALID_ARG';
    yield { code, message: error.message };
  }
}

const OLD: ReadonlySet<string> = new Set(['migrate_uri', 'destination_name', 'destination_xml', 'bandwidth']);

const SAME_HOST: CallRefusal = {
  code: 'INVALID_ARG',
  message: 'Attempt to migrate guest to the same host',
};

const NOT_EXTENSIBLE: CallRefusal = {
  code: 'ARGUMENT_UNSUPPORTED',
  message:
    'argument unsupported: Migration APIs with extensible parameters are not supported but extended parameters were passed',
};

import { join } from 'node:path';
import {
  type CarriedParams,
  carriedParams,
  type LibvirtPair,
  RecordingProxy,
  splitMessages,
  uriOf,
} from '@blockferry/lab';
import { migrationFlags, TypedParams } from '@blockferry/typed-params';

/** Both libvirt hosts of a pair, through relays that keep what is said to them. */
export class ObservedLibvirt implements AsyncDisposable {
  readonly #proxies: Readonly<Record<'source' | 'destination', RecordingProxy>>;

  private constructor(source: RecordingProxy, destination: RecordingProxy) {
    this.#proxies = { source, destination };
  }

  /** `by`: whom, where others are observed at the same time. */
  static async start({ directory, source, destination }: LibvirtPair, by = 'us'): Promise<ObservedLibvirt> {
    const [here, there] = [source, destination].map(({ name, socketPath }) =>
      RecordingProxy.start(join(directory, `${by}-${name}.sock`), socketPath),
    ) as [Promise<RecordingProxy>, Promise<RecordingProxy>];
    return new ObservedLibvirt(await here, await there);
  }

  uri(side: 'source' | 'destination'): string {
    return uriOf(this.#proxies[side].socketPath);
  }

  /** The calls of migrations that were made to a side, with their parameters and, of the first ones, their flags. */
  calls(side: 'source' | 'destination'): ObservedCall[] {
    const messages = this.#proxies[side].recordings.flatMap(({ sent }) => splitMessages(sent));
    return carriedParams(messages)
      .filter(({ procedure }) => procedure.startsWith('DOMAIN_MIGRATE_'))
      .map(observedCall);
  }

  /** What was said to a side of migrations, byte for byte. */
  migrationMessages(side: 'source' | 'destination'): { procedure: number; payload: Buffer }[] {
    return this.#proxies[side].recordings
      .flatMap(({ sent }) => splitMessages(sent))
      .filter(({ type, procedure }) => type === 'call' && MIGRATION_PROCEDURES.has(procedure))
      .map(({ procedure, payload }) => ({ procedure, payload }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxies.source[Symbol.asyncDispose]();
    await this.#proxies.destination[Symbol.asyncDispose]();
  }
}

export interface ObservedCall {
  readonly procedure: string;
  readonly params: TypedParams;
  /** Of BEGIN3 and PERFORM3 alone. */
  readonly flags: readonly string[];
}

function observedCall({ procedure, bytes, rest }: CarriedParams): ObservedCall {
  return { procedure, params: TypedParams.fromXdr(bytes), flags: flagNames(flagBits(procedure, rest)) };
}

/** Source: libvirt, src/remote/remote_protocol.x. */
function flagBits(procedure: string, rest: Buffer): number {
  if (procedure === 'DOMAIN_MIGRATE_BEGIN3_PARAMS') return rest.readUInt32BE(0);
  if (procedure !== 'DOMAIN_MIGRATE_PERFORM3_PARAMS') return 0;
  const cookie = Math.ceil(rest.readUInt32BE(0) / 4) * 4;
  return rest.readUInt32BE(4 + cookie);
}

function flagNames(bits: number): string[] {
  return Object.entries(migrationFlags)
    .filter(([, { bit }]) => (bits & (1 << bit)) !== 0)
    .map(([name]) => name);
}

/** BEGIN3 to CONFIRM3, without parameters and with. Source: libvirt, src/remote/remote_protocol.x. */
const MIGRATION_PROCEDURES: ReadonlySet<number> = new Set(
  [213, 302].flatMap((first) => Array.from({ length: 6 }, (_, index) => first + index)),
);

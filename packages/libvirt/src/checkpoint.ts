import type { BindingCheckpoint } from '@blockferry/libvirt-native';
import type { CallOptions } from './call.js';
import type { Calls } from './calls.js';
import type { Domain } from './domain.js';
import { flagBits } from './flags.js';
import { connectionHandle } from './handles.js';
import {
  type CheckpointDeleteFlag,
  type CheckpointXmlFlag,
  checkpointDeleteFlags,
  checkpointXmlFlags,
} from './tables/checkpoint-flags.js';

/** A checkpoint, from which on changes are recorded; a `Domain` gives it. Errors are those of `Connection`. */
export class Checkpoint implements AsyncDisposable {
  readonly domain: Domain;
  readonly name: string;
  readonly #binding: BindingCheckpoint;
  readonly #calls: Calls;

  /** What a domain does with what libvirt gives. */
  constructor(binding: BindingCheckpoint, domain: Domain) {
    this.#binding = binding;
    this.#calls = connectionHandle(domain.connection).calls;
    this.domain = domain;
    this.name = binding.name;
  }

  /** Its description. Source: libvirt, virDomainCheckpointGetXMLDesc. */
  xml(flags?: readonly CheckpointXmlFlag[], options?: CallOptions): Promise<string> {
    return this.#calls.run(options, () => this.#binding.xml(flagBits(checkpointXmlFlags, flags)));
  }

  /** Deletes it; what it recorded goes to its parent. Source: libvirt, virDomainCheckpointDelete. */
  delete(flags?: readonly CheckpointDeleteFlag[], options?: CallOptions): Promise<void> {
    return this.#calls.run(options, () => this.#binding.delete(flagBits(checkpointDeleteFlags, flags)));
  }

  /** Lets go of libvirt's object; the checkpoint stays. Idempotent. */
  async close(): Promise<void> {
    this.#binding.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

import type { BindingCredential } from '@blockferry/libvirt-native';
import { invalidArgument } from './failure.js';
import { type CredentialType, credentialTypes } from './tables/credential-types.js';

/** What libvirt wants to know. */
export interface CredentialRequest {
  readonly type: CredentialType;
  /** To show to a user: `Enter username for host`. */
  readonly prompt: string;
  /** More to show, or what a secret is to be derived from. */
  readonly challenge: string | undefined;
  /** What libvirt takes when the answer is null. */
  readonly defaultResult: string | undefined;
}

/** The answers in the order of the requests; null for the default result. */
export type Credentials = readonly (string | null)[];

/**
 * Answers what libvirt wants to know to authenticate, more than once where that takes several steps. Null refuses, and
 * `connect` rejects with `AUTH_CANCELLED` or `AUTH_FAILED`; so it does when this throws, with what was thrown as the cause.
 */
export type Authenticator = (
  requests: readonly CredentialRequest[],
) => Credentials | null | Promise<Credentials | null>;

/** An authenticator in the addon's form, which never fails: it refuses, and keeps why. */
export class Authentication {
  /** What the authenticator threw. */
  failure: { readonly error: unknown } | undefined;
  /** All that libvirt may ask for. */
  readonly credentialTypes: number[] = credentialTypes.map((_, index) => index + 1);
  readonly #authenticator: Authenticator;
  readonly #signal: AbortSignal | undefined;

  constructor(authenticator: Authenticator, signal: AbortSignal | undefined) {
    this.#authenticator = authenticator;
    this.#signal = signal;
  }

  readonly auth = (asked: BindingCredential[], answer: (answers: (string | null)[] | null) => void): void => {
    const signal = this.#signal;
    let answered = false;
    const once = (answers: Credentials | null): void => {
      if (answered) return;
      answered = true;
      signal?.removeEventListener('abort', refuse);
      answer(answers === null ? null : [...answers]);
    };
    const refuse = (): void => once(null);
    signal?.addEventListener('abort', refuse, { once: true });
    if (signal?.aborted) refuse();
    else {
      void this.#ask(asked).then(once, (error: unknown) => {
        this.failure ??= { error };
        once(null);
      });
    }
  };

  async #ask(asked: readonly BindingCredential[]): Promise<Credentials | null> {
    const answers = await this.#authenticator(asked.map(toRequest));
    if (answers === null) return null;
    const isAnswer = (answer: unknown): boolean => answer === null || typeof answer === 'string';
    if (!Array.isArray(answers) || answers.length !== asked.length || !answers.every(isAnswer)) {
      throw invalidArgument(`auth gives null, or a list of ${asked.length}, each a string or null`);
    }
    return answers;
  }
}

function toRequest({ type, prompt, challenge, defaultResult }: BindingCredential): CredentialRequest {
  return {
    type: credentialTypes[type - 1] ?? 'unknown',
    prompt,
    challenge: challenge ?? undefined,
    defaultResult: defaultResult ?? undefined,
  };
}

import { writeFileSync } from 'node:fs';
import { Scratch } from '@blockferry/lab';

/** A host of libvirt's test driver, described in a file: every connection to it has its own domains. */
export class TestNode implements AsyncDisposable {
  readonly uri: string;
  readonly #scratch: Scratch = new Scratch();

  /** @param auth who may connect: a user and a password, asked for one after the other. */
  constructor(auth?: { readonly user: string; readonly password: string }) {
    const file = this.#scratch.join('node.xml');
    const users = auth ? `<auth><user password='${auth.password}'>${auth.user}</user></auth>` : '';
    writeFileSync(file, `<node>${users}${domainXml('first')}${domainXml('second')}</node>`);
    this.uri = `test://${file}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}

/** A small domain of the test driver's. */
export function domainXml(name: string, devices = ''): string {
  return `<domain type='test'><name>${name}</name><memory>1024</memory><os><type>hvm</type></os>
    <devices>${devices}</devices></domain>`;
}

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './process.js';

/** Folders of certificates, each with the file names that QEMU and libnbd use; made with openssl. */
export interface LabPki {
  /** A CA, and a server's and a client's certificate of it. The server is localhost, 127.0.0.1, host-a and host-b. */
  readonly good: string;
  /** The CA of `good` alone: a client without a certificate. */
  readonly caOnly: string;
  /** Like `good`, but the certificates have expired. */
  readonly expired: string;
  /** Like `good`, but the server is elsewhere.example. */
  readonly wrongHost: string;
  /** All of another CA. */
  readonly otherCa: string;
}

/** Makes them below `folder`, which must not exist yet. */
export async function makePki(folder: string): Promise<LabPki> {
  const path = (name: string): string => join(folder, name);
  await mkdir(folder);
  const ca = await Authority.found(path('ca'));
  const other = await Authority.found(path('other'));
  const pki: LabPki = {
    good: path('good'),
    caOnly: path('ca-only'),
    expired: path('expired'),
    wrongHost: path('wrong-host'),
    otherCa: path('other-ca'),
  };
  await ca.fill(pki.good, NAMES, VALID);
  await ca.fill(pki.expired, NAMES, PAST);
  await ca.fill(pki.wrongHost, 'DNS:elsewhere.example', VALID);
  await other.fill(pki.otherCa, NAMES, VALID);
  await mkdir(pki.caOnly);
  await copyFile(ca.certificate, join(pki.caOnly, 'ca-cert.pem'));
  return pki;
}

/** A period of validity, as `openssl ca` takes it. */
type Period = readonly [start: string, end: string];

/** A CA in a folder of its own. */
class Authority {
  readonly certificate: string;
  readonly #folder: string;
  readonly #key: string;
  readonly #config: string;

  static async found(folder: string): Promise<Authority> {
    await mkdir(folder);
    const authority = new Authority(folder);
    await writeFile(join(folder, 'index'), '');
    await writeFile(authority.#config, configuration(folder));
    await makeKey(authority.#key);
    const { certificate } = authority;
    const asked = ['-new', '-x509', '-key', authority.#key, '-subj', '/CN=lab CA', '-days', '3650'];
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    await run('openssl', [
      'req',
      ...asked,
      ...extensions.flatMap((one) => ['-addext', one]),
      '-out',
      certificate,
    ]);
    return authority;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.#key = join(folder, 'ca-key.pem');
    this.#config = join(folder, 'openssl.cnf');
    this.certificate = join(folder, 'ca-cert.pem');
  }

  /** Makes a folder with a server's and a client's certificate. */
  async fill(folder: string, serverNames: string, period: Period): Promise<void> {
    await mkdir(folder);
    await copyFile(this.certificate, join(folder, 'ca-cert.pem'));
    await this.#issue(
      folder,
      'server',
      `extendedKeyUsage=serverAuth\nsubjectAltName=${serverNames}\n`,
      period,
    );
    await this.#issue(folder, 'client', 'extendedKeyUsage=clientAuth\n', period);
  }

  async #issue(folder: string, who: string, extensions: string, [start, end]: Period): Promise<void> {
    const key = join(folder, `${who}-key.pem`);
    const request = join(this.#folder, 'request.pem');
    const extensionFile = join(this.#folder, 'extensions');
    await makeKey(key);
    await writeFile(extensionFile, `${COMMON_EXTENSIONS}${extensions}`);
    await run('openssl', ['req', '-new', '-key', key, '-subj', `/CN=lab ${who}`, '-out', request]);
    const period = ['-startdate', start, '-enddate', end];
    const files = ['-in', request, '-out', join(folder, `${who}-cert.pem`), '-extfile', extensionFile];
    await run('openssl', ['ca', '-batch', '-notext', '-config', this.#config, ...period, ...files]);
  }
}

function makeKey(file: string): Promise<unknown> {
  return run('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file]);
}

function configuration(folder: string): string {
  const settings = {
    certificate: join(folder, 'ca-cert.pem'),
    private_key: join(folder, 'ca-key.pem'),
    new_certs_dir: folder,
    database: join(folder, 'index'),
    rand_serial: 'yes',
    unique_subject: 'no',
    default_md: 'sha256',
    policy: 'any_subject',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return ['[ca]', 'default_ca=lab', '[lab]', ...lines, '[any_subject]', 'commonName=supplied', ''].join('\n');
}

/** QEMU wants keyEncipherment, although no key is enciphered. */
const COMMON_EXTENSIONS = 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n';
const NAMES = 'DNS:localhost,DNS:host-a,DNS:host-b,IP:127.0.0.1';
const VALID: Period = ['20200101000000Z', '20991231235959Z'];
const PAST: Period = ['20200101000000Z', '20210101000000Z'];

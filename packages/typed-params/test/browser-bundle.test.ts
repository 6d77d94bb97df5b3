import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { type OutputChunk, rolldown } from 'rolldown';
import { expect, it } from 'vitest';

const PACKAGE = new URL('../', import.meta.url);

it('has no dependency', async () => {
  const manifest = JSON.parse(await readFile(new URL('package.json', PACKAGE), 'utf8')) as object;
  // Those for its own tests come to no user.
  const others = Object.keys(manifest).filter(
    (key) => /dependencies/i.test(key) && key !== 'devDependencies',
  );
  expect(others).toEqual([]);
});

it('works in a bundle for browsers, with nothing around it but what browsers have', async () => {
  const chunk = await bundle();
  expect(chunk.imports).toEqual([]);
  // An empty global object: ECMAScript, and the two classes of the Encoding standard.
  const result: unknown = runInNewContext(`${chunk.code}; (${use.toString()})(typedParams)`, {
    TextDecoder,
    TextEncoder,
  });
  expect(JSON.parse(String(result))).toEqual({
    disks: ['vda', 'vdb', '\u{1f6a2}'],
    bandwidth: '100',
    texts: ['migrate_disks=vda', 'migrate_disks=vdb', 'bandwidth=100', 'migrate_disks=\u{1f6a2}'],
    refused: "argument unsupported: parameter 'migrate_disk' not supported",
  });
});

async function bundle(): Promise<OutputChunk> {
  const build = await rolldown({
    input: fileURLToPath(new URL('dist/index.js', PACKAGE)),
    platform: 'browser',
  });
  const { output } = await build.generate({ format: 'iife', name: 'typedParams', minify: true });
  await build.close();
  expect(output).toHaveLength(1);
  return output[0];
}

/** Runs in the bundle's world: nothing of this file is there. */
function use(typedParams: typeof import('../src/index.js')): string {
  const { format, migrationSchema, problems, TypedParams } = typedParams;
  const given = TypedParams.from({ migrate_disks: ['vda', 'vdb'], bandwidth: 100n }, migrationSchema);
  given.addString('migrate_disks', '\u{1f6a2}');
  const params = TypedParams.fromXdr(TypedParams.fromJSON(JSON.parse(JSON.stringify(given))).toXdr());
  const wrong = new TypedParams().addString('migrate_disk', 'vda');
  return JSON.stringify({
    disks: params.getAll('migrate_disks'),
    bandwidth: String(params.getULLong('bandwidth')),
    texts: format(params),
    refused: problems(wrong, migrationSchema)[0]?.message,
  });
}

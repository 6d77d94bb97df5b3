import { TypedParamsError } from './error.js';
import type { TypedParam } from './param.js';
import { type ParamProblem, type Schema, specOf } from './schema.js';
import { compareUtf8 } from './utf8.js';

/** Something that a schema refuses, without the words that an error puts before it. */
export type Finding = Omit<ParamProblem, 'message'> & { readonly detail: string };

/** Throws what libvirt finds first: it looks at parameters by their names, sorted by bytes. */
export function check(params: Iterable<TypedParam>, schema: Schema): void {
  const sorted = [...params].sort((a, b) => compareUtf8(a.name, b.name));
  const first = findProblems(sorted, schema).next();
  if (first.done) return;
  const { code, name, detail } = first.value;
  throw new TypedParamsError(code, detail, name);
}

/** All that a schema refuses, in the order of the parameters. */
export function* findProblems(params: readonly TypedParam[], schema: Schema): Generator<Finding> {
  const occurrences = new Map<string, number>();
  for (const [index, { name, type }] of params.entries()) {
    const before = occurrences.get(name) ?? 0;
    occurrences.set(name, before + 1);
    const spec = specOf(schema, name);
    if (spec === undefined) {
      if (before === 0) {
        yield { code: 'ARGUMENT_UNSUPPORTED', name, index, detail: `parameter '${name}' not supported` };
      }
      continue;
    }
    if (before === 1 && spec.multiple !== true) {
      yield { code: 'INVALID_ARG', name, index, detail: `parameter '${name}' occurs multiple times` };
    }
    if (type !== spec.type) {
      const detail = `invalid type '${type}' for parameter '${name}', expected '${spec.type}'`;
      yield { code: 'INVALID_ARG', name, index, detail };
    }
  }
}

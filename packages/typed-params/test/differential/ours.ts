import {
  format,
  type ParamType,
  type TypedParam,
  TypedParams,
  TypedParamsError,
  type TypedParamsErrorCode,
  validate,
} from '../../src/index.js';
import { hex, type Sequence, type Step, text, value } from './step.js';

/** What this package answers to each step, in the words in which the oracle answers for libvirt. */
export function ourAnswers(sequence: Sequence): string[] {
  const list = new OurList();
  return sequence.map((step) => list.answer(step));
}

class OurList {
  #params = new TypedParams();

  answer(step: Step): string {
    try {
      return ['ok', ...this.#take(step)].join(' ');
    } catch (error) {
      if (!TypedParamsError.is(error)) return `thrown ${text(String(error))}`;
      return `error ${errorNumbers[error.code]} ${text(error.message)}`;
    }
  }

  #take(step: Step): string[] {
    switch (step.call) {
      case 'add':
        this.#add(step.name, { type: step.type, value: step.value } as TypedParam);
        return [];
      case 'addUnsigned':
        this.#params.addUnsigned(step.name, step.value);
        return [];
      case 'addStringList':
        this.#params.addStringList(step.name, step.values ?? []);
        return [];
      case 'addFromString':
        this.#params.addFromString(step.name, step.type as ParamType, step.text as string);
        return [];
      case 'get':
        return this.#first(step.name);
      case 'getTyped': {
        const found = this.#params[getters[step.type]](step.name);
        return found === undefined ? [] : [step.type, value(step.type, found)];
      }
      case 'filter':
        return this.#filter(step.name, step.type).flatMap(typeAndValue);
      case 'getStringList':
        return this.#params.getAll(step.name, 'string').map(text);
      case 'replaceString':
        this.#params.replaceString(step.name, step.value);
        return [];
      case 'copy':
        this.#params = this.#params.clone();
        return [];
      case 'validate':
        validate(this.#params, step.schema);
        return [];
      case 'format':
        return format([...this.#params].filter(({ type }) => type === step.type)).map(text);
      case 'toXdr':
        return [hex(this.#params.toXdr())];
      case 'fromXdr':
        return entries(TypedParams.fromXdr(step.bytes));
      case 'dump':
        return entries(this.#params);
    }
  }

  #add(name: string, param: TypedParam): void {
    switch (param.type) {
      case 'int':
        this.#params.addInt(name, param.value);
        break;
      case 'uint':
        this.#params.addUInt(name, param.value);
        break;
      case 'llong':
        this.#params.addLLong(name, param.value);
        break;
      case 'ullong':
        this.#params.addULLong(name, param.value);
        break;
      case 'double':
        this.#params.addDouble(name, param.value);
        break;
      case 'boolean':
        this.#params.addBoolean(name, param.value);
        break;
      case 'string':
        this.#params.addString(name, param.value);
    }
  }

  /** `get` gives no type; the value must be that of the first entry that `filter` finds. */
  #first(name: string): string[] {
    const found = this.#params.get(name);
    if (found === undefined) return [];
    const type = this.#params.filter(name)[0]?.type;
    return type === undefined ? ['no type'] : [type, value(type, found)];
  }

  #filter(name: string, type: ParamType | undefined): TypedParam[] {
    return type === undefined ? this.#params.filter(name) : this.#params.filter(name, type);
  }
}

function entries(params: Iterable<TypedParam>): string[] {
  return Array.from(params, (param) => [text(param.name), ...typeAndValue(param)]).flat();
}

function typeAndValue(param: TypedParam): string[] {
  return [param.type, value(param.type, param.value)];
}

const getters = {
  int: 'getInt',
  uint: 'getUInt',
  llong: 'getLLong',
  ullong: 'getULLong',
  double: 'getDouble',
  boolean: 'getBoolean',
  string: 'getString',
} as const;

// Source: libvirt, include/libvirt/virterror.h.
const errorNumbers: Readonly<Record<TypedParamsErrorCode, number>> = {
  INTERNAL_ERROR: 1,
  INVALID_ARG: 8,
  RPC: 39,
  ARGUMENT_UNSUPPORTED: 74,
};

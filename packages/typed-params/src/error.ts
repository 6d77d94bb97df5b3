/**
 * libvirt's error codes without their `VIR_ERR_` prefix. The union is closed.
 *
 * - `INVALID_ARG`: a value, type or text that the parameter does not take
 * - `ARGUMENT_UNSUPPORTED`: a parameter that the schema does not know
 * - `INTERNAL_ERROR`: a name too long, or a type outside libvirt's seven
 * - `RPC`: a list that does not fit libvirt's wire format
 *
 * Source: libvirt, include/libvirt/virterror.h.
 */
export type TypedParamsErrorCode = 'INVALID_ARG' | 'ARGUMENT_UNSUPPORTED' | 'INTERNAL_ERROR' | 'RPC';

/**
 * The only error that this package throws. Match `code`; the message is libvirt's, prefix included.
 *
 * Two copies of this package may be loaded, so test with {@link TypedParamsError.is} and not with `instanceof`.
 */
export class TypedParamsError extends Error {
  override readonly name = 'TypedParamsError';
  readonly code: TypedParamsErrorCode;
  /** The parameter that is at fault. */
  readonly param: string | undefined;

  constructor(code: TypedParamsErrorCode, detail: string, param?: string) {
    super(errorMessage(code, detail));
    this.code = code;
    this.param = param;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `value` is a TypedParamsError, of this copy of the package or of another. */
  static is(value: unknown): value is TypedParamsError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The message as libvirt prints it: what the code means, then the detail. */
export function errorMessage(code: TypedParamsErrorCode, detail: string): string {
  return prefixes[code] + detail;
}

const brand: unique symbol = Symbol.for('@blockferry/typed-params.TypedParamsError');

// Source: libvirt, src/util/virerror.c, the message table.
const prefixes: Readonly<Record<TypedParamsErrorCode, string>> = {
  INVALID_ARG: 'invalid argument: ',
  ARGUMENT_UNSUPPORTED: 'argument unsupported: ',
  INTERNAL_ERROR: 'internal error: ',
  RPC: '',
};

/** Texts that are no value of any type but string, or that one would rather not expect to be one. */
export const oddities: readonly string[] = [
  '',
  ' ',
  '\u00a01',
  '\ufeff1',
  ...words('= a=b true 1 -1 0 ü 😀'),
];

export const integers: readonly string[] = [
  ...words('0 -0 +0 0x10 010 1e3 1.0 1_000 1,000 1n ١ １ abc'),
  '9'.repeat(400),
  `${'0'.repeat(400)}7`,
];

export const doubles: readonly string[] = [
  ...words('0 -0 0.0 .0 0. . -. 1 1. .5 1.. 1.5. 0,5 1_0 1e 1e+ 1e5.5 e5 0b1 1f 1d 1L ١ １'),
  // Where the range ends, and where it begins.
  ...words('1e308 1e309 -1e309 1.7976931348623157e308 1.7976931348623158e308 1.7976931348623159e308'),
  ...words('1e-307 1e-308 1e-309 2.2250738585072014e-308 2.2250738585072011e-308'),
  ...words('5e-324 2e-324 3e-324 1e-400 4.9406564584124654e-324 2.4703282292062327e-324'),
  ...words('0e99999999999999999999 1e99999999999999999999 1e-99999999999999999999 1e00000000000000000000001'),
  ...[`${'0'.repeat(400)}1`, `0.${'0'.repeat(400)}1e400`, `1${'0'.repeat(400)}e-400`, `1${'0'.repeat(400)}`],
  ...words('0x 0x. 0xp1 0x.p1 0x1 0x.8 0x1. 0x1.8p3 0X1P-3 0x1p 0x1p+ 0x1p1.5 0xg 0x1e5'),
  ...words('0x0p99999999999999999999 0x1p99999999999999999999 0x1p-99999999999999999999'),
  ...words('0x1p1023 0x1p1024 0x1.fffffffffffff7p1023 0x1.fffffffffffff8p1023 0x1.fffffffffffff7fffp1023'),
  ...words('0x1p-1022 0x1p-1074 0x1p-1075 0x1.8p-1075 0x1.8p-1074 0x0.fffffffffffffp-1022'),
  ...words(
    '0x0.fffffffffffff8p-1022 0x0.fffffffffffff7p-1022 0x0.fffffffffffffcp-1022 0x0.fffffffffffffbp-1022',
  ),
  ...words('inf INF Infinity iNfInItY infinit infx ınf in'),
  ...words('nan NaN nanx nan() nan( nan(_) nan(abc_1) nan(a-b) nan)'),
  'nan( )',
];

export const booleans: readonly string[] = [
  ...words('true false 1 0 true false 01 10 +1 -0 2 yes no on off t f tru truetrue falſe ｔｒｕｅ null'),
  ...['', 'true ', ' true', 'false\n'],
];

/** Ahead of a number: what C takes for white space, then what JavaScript does and C does not. */
export const spaces: readonly string[] = [
  ...[' ', '\t', '\n', '\v', '\f', '\r', ' \t\n\v\f\r'],
  ...['\u00a0', '\ufeff', '\u2003', '\u2028', '\u0085', '\x1f'],
];

export const signs: readonly string[] = ['+', '-', '--', '+-', '- ', '−'];

/** Behind a number: all of it is too much, but for some of it behind some. */
export const trailers: readonly string[] = [' ', '\n', '\u00a0', ...words('. 0 e p x - f é = _')];

function words(text: string): string[] {
  return text.split(' ');
}

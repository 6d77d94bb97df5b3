import { describe, expect, it } from 'vitest';
import { collect, collectList } from '../../src/options/list-option.js';
import { collectMapping, collectPair } from '../../src/options/pair-option.js';

describe('collectList', () => {
  it('takes lists and repetitions, in order', () => {
    expect(collectList('vdc', collectList('vda, vdb'))).toEqual(['vda', 'vdb', 'vdc']);
  });

  it.each(['', ',', 'vda,', ',vda', 'vda,,vdb', ' '])('refuses the empty name in "%s"', (text) => {
    expect(() => collectList(text)).toThrow(/empty/);
  });
});

describe('collect', () => {
  it('takes one value a time, commas included', () => {
    expect(collect('B,C', collect('A'))).toEqual(['A', 'B,C']);
    expect(() => collect('')).toThrow(/empty/);
  });
});

describe('collectPair', () => {
  it('splits at the first =, and keeps repetitions', () => {
    expect(collectPair('k=w', collectPair('k=a=b'))).toEqual([
      ['k', 'a=b'],
      ['k', 'w'],
    ]);
  });

  it.each(['', 'k', '=v', 'k='])('refuses "%s"', (text) => {
    expect(() => collectPair(text)).toThrow(/NAME=VALUE/);
  });
});

describe('collectMapping', () => {
  it('refuses a second value for a name', () => {
    const first = collectMapping('vda=a');
    expect(collectMapping('vdb=a', first)).toHaveLength(2);
    expect(() => collectMapping('vda=b', first)).toThrow(/vda is mapped twice/);
  });
});

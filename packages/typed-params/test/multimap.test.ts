import { expect, it } from 'vitest';
import { TypedParams } from '../src/index.js';
import { Random } from './support/random.js';

it('does whatever a plain array of pairs does', () => {
  const names = ['a', 'b', 'c'];
  for (let seed = 0; seed < 60; seed++) {
    const random = new Random(seed);
    const params = new TypedParams();
    let model: { name: string; value: number }[] = [];
    for (let step = 0; step < 30; step++) {
      const name = names[random.next(3)] ?? 'a';
      const value = random.next(100);
      const operation = random.next(6);
      if (operation < 4) {
        params.addInt(name, value);
        model.push({ name, value });
      } else if (operation === 4) {
        expect(params.delete(name)).toBe(model.some((entry) => entry.name === name));
        model = model.filter((entry) => entry.name !== name);
      } else {
        params.set(name, 'int', value);
        const first = model.find((entry) => entry.name === name);
        model = model.filter((entry) => entry.name !== name || entry === first);
        if (first === undefined) model.push({ name, value });
        else first.value = value;
      }
      expect([...params].map((param) => ({ name: param.name, value: param.value }))).toEqual(model);
      expect(params.size).toBe(model.length);
      for (const each of names) {
        const values = model.filter((entry) => entry.name === each).map((entry) => entry.value);
        expect(params.getAll(each)).toEqual(values);
        expect(params.getInt(each)).toBe(values[0]);
        expect(params.has(each)).toBe(values.length > 0);
      }
    }
  }
});

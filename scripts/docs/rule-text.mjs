// A rule of migrationRules as a sentence.
import { migrationSchema } from '@blockferry/typed-params';

/** The rules that `name`, a parameter or a flag, has a part in. */
export function rulesOf(rules, name) {
  return rules.filter(({ given, unless = [] }) =>
    [...given.flat(), ...unless].some((it) => nameOf(it) === name),
  );
}

/** Such as "`ZEROCOPY` needs `PARALLEL`". */
export function ruleText({ given, unless }) {
  const [first, ...others] = given.map((condition) => [condition].flat().map(conditionText).join(' or '));
  const together = others.length === 0 ? first : `${first} with ${others.join(' and ')}`;
  return unless === undefined
    ? `${together} is refused`
    : `${together} needs ${unless.map(conditionText).join(' or ')}`;
}

function conditionText(condition) {
  if (typeof condition === 'string') return `\`${condition}\``;
  const name = nameOf(condition);
  if (condition.repeated) return `\`${name}\` twice the same`;
  const { range, values, schemes } = migrationSchema[name];
  if (range) return `\`${name}\` outside ${range.join(' to ')}`;
  return values
    ? `\`${name}\` other than ${values.join(', ')}`
    : `\`${name}\` of a scheme other than ${schemes.join(', ')}`;
}

function nameOf(condition) {
  if (typeof condition === 'string') return condition.split('=')[0];
  return condition.outside ?? condition.repeated;
}

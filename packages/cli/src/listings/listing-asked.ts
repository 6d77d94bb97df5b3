/** What `help` lists as the value of an option. */
export type Topic = 'param' | 'flag';

/** `--param help` or `--flag help` was given: no command runs, the table is shown. */
export class ListingAsked extends Error {
  override readonly name = 'ListingAsked';
  readonly topic: Topic;

  constructor(topic: Topic) {
    super(`--${topic} help`);
    this.topic = topic;
  }
}

/** Reads an option's value with `parse`, unless it is `help`. */
export function orListing<T>(
  topic: Topic,
  parse: (text: string, previous?: T) => T,
): (text: string, previous?: T) => T {
  return (text, previous) => {
    if (text === 'help') throw new ListingAsked(topic);
    return parse(text, previous);
  };
}

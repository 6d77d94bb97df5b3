/** When something that becomes less will have come to nothing, by how fast it became less so far. */
export class Countdown {
  #began: { readonly left: number; readonly at: number } | undefined;
  #least = Number.POSITIVE_INFINITY;

  /**
   * In milliseconds; 0 where it may be any moment, or nothing is known yet. What becomes more begins anew.
   *
   * @param left of any unit.
   * @param at milliseconds of any clock.
   */
  left(left: number, at: number): number {
    if (this.#began === undefined || left > this.#least) this.#began = { left, at };
    this.#least = left;
    const done = this.#began.left - left;
    // Averaged over all of it: a stream with a limit goes in bursts.
    return done > 0 ? (left * (at - this.#began.at)) / done : 0;
  }
}

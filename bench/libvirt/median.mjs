/** The one in the middle. */
export function median(measured) {
  return measured.toSorted((a, b) => a - b)[Math.floor(measured.length / 2)];
}

/** What the machine's other work has disturbed least. */
export function least(measured) {
  return Math.min(...measured);
}

/**
 * JSON taken at its word: the caller says what it expects to read. Fit for tests only, where a wrong expectation fails
 * on the value; the product decodes instead.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller's expectation is the point
export function believe<Expected>(json: string): Expected {
  // oxlint-disable-next-line typescript/no-unsafe-return -- see above
  return JSON.parse(json);
}

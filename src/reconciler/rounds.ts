/** How often everything is gone through at most: whoever goes on changing something then goes on for ever. */
export const MOST_ROUNDS = 20;

/**
 * Goes round until a round changes nothing. Every object's policies can change what the status of every other says, so one
 * round is never enough. What the last one still changed is the answer: nothing, where it came to rest.
 */
export async function untilQuiet(round: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let changes = await round();
  for (let n = 1; n < MOST_ROUNDS && changes.length > 0; n++) changes = await round();
  return [...new Set(changes)].toSorted();
}

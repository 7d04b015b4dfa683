/** Numbers that look random and are the same for the same seed. */
export interface Dice {
  /** 0 to below `sides`. */
  roll(sides: number): number;
  oneOf<T>(choices: readonly T[]): T;
}

/** Mulberry32: small, and even enough to choose between a handful of things. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const roll = (sides: number): number => Math.floor(next() * sides);
  return {
    roll,
    oneOf: (choices) => {
      const chosen = choices[roll(choices.length)];
      if (chosen === undefined) throw new Error("there is nothing to choose from");
      return chosen;
    },
  };
}

/** How far watches are trusted; in milliseconds. */
export interface Patience {
  /** A watch that says nothing for so long is given up: nobody is there any more. */
  readonly silence: number;
  /** Now and then the list says whether the watch told everything. */
  readonly relist: number;
}

/** The API server sends a bookmark about once a minute, so a longer silence means something. */
export const PATIENCE: Patience = { silence: 90_000, relist: 30 * 60_000 };

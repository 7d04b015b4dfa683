import { STATUS_TEXT_LIMITS } from "../model/service-access.ts";

type TextPlace = keyof typeof STATUS_TEXT_LIMITS;

/** For one text that is too long the API server would refuse the whole status. */
export function cut(text: string, place: TextPlace): string {
  const limit = STATUS_TEXT_LIMITS[place];
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

export function withMessage<T extends { readonly message: string }>(value: T, place: TextPlace): T {
  return { ...value, message: cut(value.message, place) };
}

/** The list in pieces of at most this many elements, in order; at least one piece. */
export function pieces<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.max(1, Math.ceil(list.length / size));
  return Array.from({ length: count }, (_, i) => list.slice(i * size, (i + 1) * size));
}

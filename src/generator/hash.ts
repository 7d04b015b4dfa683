const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffff_ffff_ffff_ffffn;

/** FNV-1a over UTF-16 code units, 64 bits in base 36: for names that must be short and stable, not for secrets. */
export function hash(text: string): string {
  let value = OFFSET;
  for (let i = 0; i < text.length; i += 1) {
    value = ((value ^ BigInt(text.charCodeAt(i))) * PRIME) & MASK;
  }
  return value.toString(36).padStart(13, "0").slice(-10);
}

/**
 * The JSON values of a stream that has one on each line. Chunks may end anywhere, inside a character too.
 * Throws a SyntaxError for a line that is no JSON; what follows the last line's end was cut off and is dropped.
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new TextDecoder();
  let begun = "";
  for await (const chunk of chunks) {
    const lines = (begun + decoder.decode(chunk, { stream: true })).split("\n");
    begun = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() !== "") yield JSON.parse(line);
    }
  }
}

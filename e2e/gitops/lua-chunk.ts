/** A program for plain Lua 5.1 that runs a health check on an object, without the libraries that Argo CD leaves out. */
export function chunk(script: string, object: object): string {
  return `local write, pcall, tostring = io.write, pcall, tostring
getmetatable("").__index = nil
string, io, os, math, debug, coroutine = nil, nil, nil, nil, nil, nil
obj = ${literal(object)}
local ok, result = pcall(function()
${script}
end)
if ok then
  write(result.status, "\\n", result.message)
else
  write("error: ", tostring(result), "\\n")
end
`;
}

function literal(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `{${value.map(literal).join(", ")}}`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, field]) => `[${quoted(key)}] = ${literal(field)}`);
    return `{${fields.join(", ")}}`;
  }
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "nil";
}

/** Lua 5.1 knows bytes by their decimal number only. */
function quoted(text: string): string {
  const bytes = [...Buffer.from(text, "utf8")].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${String(byte).padStart(3, "0")}`,
  );
  return `"${bytes.join("")}"`;
}

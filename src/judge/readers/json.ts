// JSON from outside: what does not parse is null, and nothing is believed about its shape.

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

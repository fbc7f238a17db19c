/** A message as people read it: JSON with a line for each part, all else as it is. */
export function readable(message: string): string {
  try {
    return JSON.stringify(JSON.parse(message), null, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return message;
    throw error;
  }
}

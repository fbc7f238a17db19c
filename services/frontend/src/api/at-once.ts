/** Doing many things with few questions. */

/** How many ids or names the API takes at once. */
export const AT_ONCE = 500;

/** Ask for one part of the things after the other, and get all answers. What fails ends it. */
export async function inParts<Thing, Answer>(
  things: readonly Thing[],
  ask: (part: Thing[]) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < things.length; start += AT_ONCE) {
    answers.push(await ask(things.slice(start, start + AT_ONCE)));
  }
  return answers;
}

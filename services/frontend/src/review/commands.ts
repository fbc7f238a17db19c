/** What can be done by pressing one key. */

export type Command =
  /** The label at a place among the predictions. */
  { act: "choose"; place: number } | { act: "type" | "skip" | "undo" | "fade" | "help" };

const COMMANDS: Record<string, Command> = {
  enter: { act: "choose", place: 0 },
  c: { act: "choose", place: 0 },
  1: { act: "choose", place: 0 },
  2: { act: "choose", place: 1 },
  3: { act: "choose", place: 2 },
  4: { act: "choose", place: 3 },
  5: { act: "choose", place: 4 },
  l: { act: "type" },
  "/": { act: "type" },
  s: { act: "skip" },
  u: { act: "undo" },
  h: { act: "fade" },
  "?": { act: "help" },
};

/** The keys, and what they do. */
export const KEYS: { keys: string[]; meaning: string }[] = [
  { keys: ["Enter", "c"], meaning: "The first label is right" },
  { keys: ["2", "3", "4", "5"], meaning: "This label is right" },
  { keys: ["l", "/"], meaning: "Type another label" },
  { keys: ["s"], meaning: "Skip the image" },
  { keys: ["u"], meaning: "Undo the last step" },
  { keys: ["h"], meaning: "Show or hide what the model looked at" },
  { keys: ["?"], meaning: "Show the keys" },
];

/** What a key means, also with caps lock. */
export function commandOf(key: string): Command | undefined {
  return COMMANDS[key.toLowerCase()];
}

/** What blobs may be called. The rules are the API's, so that nobody waits for an upload that it would refuse. */

const MAX_LENGTH = 1024;
const MAX_SEGMENTS = 254;

/** Halves of characters are refused too: some systems allow them in file names, and nothing can send them. */
const CONTROL = /\p{Cc}|\p{Cs}/u;
const DOTS = /(^|[/\\])\.{1,2}([/\\]|$)/;

/** What is wrong with a name, as the end of a sentence about it. */
export function nameProblem(name: string): string | null {
  if (CONTROL.test(name)) return "has control characters";
  if (DOTS.test(name)) return "has a part that is “.” or “..”";
  if (/[./]$/.test(name)) return "ends in “.” or “/”";
  if (name.split("/").length > MAX_SEGMENTS) return `has more than ${MAX_SEGMENTS} parts`;
  if (name.length > MAX_LENGTH) return `has more than ${MAX_LENGTH.toLocaleString()} characters`;
  return null;
}

/** A folder as people may write it, without the slashes around it. */
export function folderOf(text: string): string {
  return text.trim().replace(/^\/+|\/+$/g, "");
}

/** What is wrong with a folder, as a sentence. */
export function folderProblem(text: string): string | null {
  const folder = folderOf(text);
  const problem = folder ? nameProblem(folder) : null;
  return problem && `This folder ${problem}: choose another name.`;
}

/** The name that a file gets in the container. */
export function blobName(folder: string, path: string): string {
  return folder ? `${folder}/${path}` : path;
}

/** What all these names begin with, up to a slash: the folder that has all of them. */
export function commonFolder(names: string[]): string {
  let [common = ""] = names;
  common = common.slice(0, common.lastIndexOf("/") + 1);
  for (const name of names) {
    while (!name.startsWith(common)) common = common.slice(0, common.lastIndexOf("/", common.length - 2) + 1);
  }
  return common;
}

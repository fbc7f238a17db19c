/** Which of the files that were found are uploaded, and under which names. */

import type { Found } from "./found";
import { blobName, nameProblem } from "./names";
import { typeOf } from "./pictures";

/** A file that gets a name in the container. */
export interface Named {
  blob: string;
  file: File;
}

/** How many files are not uploaded, by the reason. */
export interface LeftOut {
  hidden: number;
  notPictures: number;
  badNames: number;
  sameNames: number;
}

/** Leave out what is hidden, no picture, or cannot have its name. Of several with the same name, the first is taken. */
export function choose(found: Found[], folder: string): { named: Named[]; leftOut: LeftOut } {
  const named = new Map<string, Named>();
  const leftOut = { hidden: 0, notPictures: 0, badNames: 0, sameNames: 0 };
  for (const { path, file } of found) {
    const blob = blobName(folder, path);
    if (isHidden(path)) leftOut.hidden += 1;
    else if (!typeOf(path)) leftOut.notPictures += 1;
    else if (nameProblem(blob)) leftOut.badNames += 1;
    else if (named.has(blob)) leftOut.sameNames += 1;
    else named.set(blob, { blob, file });
  }
  return { named: [...named.values()], leftOut };
}

/** What was left out, as a sentence; nothing if nothing was. */
export function sentenceOf({ hidden, notPictures, badNames, sameNames }: LeftOut): string | null {
  const parts = [
    hidden && counted(hidden, "hidden file"),
    notPictures && `${counted(notPictures, "file")} without the suffix of a picture`,
    badNames && `${counted(badNames, "file")} with a name that storage does not take`,
    sameNames && `${counted(sameNames, "file")} with the name of another`,
  ].filter(Boolean);
  return parts.length ? `Left out: ${parts.join(", ")}.` : null;
}

function counted(count: number, thing: string): string {
  return `${count.toLocaleString()} ${thing}${count === 1 ? "" : "s"}`;
}

/** As file managers hide files: these are previews, settings, wastebaskets. */
function isHidden(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("."));
}

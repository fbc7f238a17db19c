/** The files that people drop or choose, with all that is in their folders. */

import type { DropItem } from "react-aria-components";

/** A file, and where it lay: its path from the folder that was dropped or chosen. */
export interface Found {
  path: string;
  file: File;
}

/** What was dropped, with everything inside of folders. */
export async function filesDropped(items: Iterable<DropItem> | AsyncIterable<DropItem>, folder = ""): Promise<Found[]> {
  const found: Found[] = [];
  for await (const item of items) {
    if (item.kind === "file") found.push({ path: folder + item.name, file: await item.getFile() });
    else if (item.kind === "directory") {
      for (const one of await filesDropped(item.getEntries(), `${folder}${item.name}/`)) found.push(one);
    }
  }
  return found;
}

/** What was chosen in a dialog, for files or for a folder. */
export function filesChosen(files: FileList | null): Found[] {
  return Array.from(files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

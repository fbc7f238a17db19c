/** Which files are pictures, by their suffixes, and of which type storage says later that they are. */

const TYPES: Record<string, string> = {
  ".bmp": "image/bmp",
  ".gif": "image/gif",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".tif": "image/tiff",
  ".tiff": "image/tiff",
  ".webp": "image/webp",
};

export const SUFFIXES = Object.keys(TYPES);

/** The media type of a file of this name; none if it is no picture. */
export function typeOf(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf(".")).toLowerCase()];
}

/** Into Blob storage, with links that the API gives. */

import { answer, api } from "../api/client";
import { typeOf } from "./pictures";
import { FileGone, StorageProblem, StorageUnreachable } from "./problems";
import type { Link, Transport, Version } from "./transport";

const TAKEN = 201;

export const httpTransport: Transport = {
  async links(blobs) {
    const given = await answer(api.POST("/v1/uploads", { body: { blobs } }));
    const { container, headers } = given;
    const expiresAt = Date.parse(given.expires_at);
    return given.uploads.map(({ url }) => ({ url, container, headers, expiresAt }));
  },

  async put(link, file, onSent, signal) {
    const request = await send(link, file, onSent, signal);
    if (request.status === TAKEN) return versionOf(request, link.container);
    if (request.status !== 0) throw new StorageProblem(request.status);
    // A file that cannot be read looks like a broken connection.
    const isReadable = await file
      .slice(0, 1)
      .arrayBuffer()
      .then(
        () => true,
        () => false,
      );
    throw isReadable ? new StorageUnreachable() : new FileGone();
  },
};

/** `fetch` would not tell how much is sent. */
function send(link: Link, file: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.upload.onprogress = (event) => onSent(event.loaded);
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => {
      signal.removeEventListener("abort", abort);
      resolve(request);
    };
    signal.addEventListener("abort", abort);
    request.open("PUT", link.url);
    for (const [name, value] of Object.entries(link.headers)) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", typeOf(file.name) ?? "application/octet-stream");
    request.send(file);
  });
}

function versionOf(request: XMLHttpRequest, container: string): Version {
  // To ask for a header that may not be read makes browsers complain.
  const etag = /^etag: *"?([^"\r\n]+)/im.exec(request.getAllResponseHeaders())?.[1] ?? null;
  const lastModified = Date.parse(request.getResponseHeader("Last-Modified") ?? "");
  return { container, etag, takenAt: lastModified };
}

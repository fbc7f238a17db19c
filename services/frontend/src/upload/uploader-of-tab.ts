import { httpTransport } from "./http-transport";
import { Uploader } from "./uploader";
import { uploads } from "./use-uploads";

/** Whoever uploads in this tab. */
export const uploader = new Uploader(uploads, httpTransport);

addEventListener("beforeunload", (event) => {
  if (uploader.isBusy) event.preventDefault(); // the browser asks whether to leave
});

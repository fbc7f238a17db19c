// Loaded into Azurite with --require: tells the file descriptor BLOB_WRITES_FD of every request that created or deleted a
// blob, a JSON line each.
// Node.js itself reports finished responses (diagnostics_channel), so Azurite runs unchanged. Headers that carry
// secrets are not among those that are told.
"use strict";

const diagnosticsChannel = require("node:diagnostics_channel");
const fs = require("node:fs");

// A stream, which buffers: a write that waited for the reader would deadlock, because the reader calls Azurite.
const target = fs.createWriteStream(null, { fd: Number(process.env.BLOB_WRITES_FD) });

diagnosticsChannel.subscribe("http.server.response.finish", ({ request, response }) => {
  const { method, headers } = request;
  const isBlobService = String(response.getHeader("server")).startsWith("Azurite-Blob/"); // the queues are served here too
  if (!isBlobService || response.statusCode >= 300 || (method !== "PUT" && method !== "DELETE")) return;
  const observed = {
    method,
    url: request.originalUrl ?? request.url,
    etag: response.getHeader("etag"),
    request_id: response.getHeader("x-ms-request-id"),
    client_request_id: headers["x-ms-client-request-id"],
    copy_source: headers["x-ms-copy-source"] !== undefined,
    content_type: headers["x-ms-blob-content-type"] ?? headers["content-type"],
    content_length: Number(headers["content-length"]),
  };
  target.write(JSON.stringify(observed) + "\n");
});

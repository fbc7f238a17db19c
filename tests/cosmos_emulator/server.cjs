// The emulator of Azure Cosmos DB that the contract tests run against: @vercel/cosmosdb-server, made right where the
// service behaves otherwise and Loupe depends on it. Handlers are wrapped before the package's routes load them.
//
//     node server.cjs PORT
"use strict";

const { AsyncLocalStorage } = require("node:async_hooks");

const PACKAGE = "@vercel/cosmosdb-server/lib";
const MAX_OPERATIONS = 100;
const MAX_BYTES = 2_000_000;

const operations = require(`${PACKAGE}/handler/_document-operations`);
const Items = require(`${PACKAGE}/account/items`).default;

const partitionKey = (request) => request.headers["x-ms-documentdb-partitionkey"];
const isBatch = (request) => request.headers["x-ms-cosmos-is-batch-request"];
const collectionOf = (account, { dbId, collId }) => account.database(dbId).collection(collId);

function wrap(module, wrapper) {
  const exported = require(`${PACKAGE}/${module}`);
  const original = exported.default;
  exported.default = (...parameters) => wrapper(original, ...parameters);
}

// A missing item is 404. The package reads a property of nothing and answers 500. A missing container is another 404.
wrap("handler/read-document", (original, account, request, response, parameters) => {
  const collection = collectionOf(account, parameters);
  if (!collection.read()) {
    response.setHeader("x-ms-substatus", "1003");
    return refuse(response, 404, "the container does not exist");
  }
  const result = operations.readOperation(collection, { partitionKey: partitionKey(request), id: parameters.docId });
  response.statusCode = result.statusCode;
  return result.body;
});

// The operations of a batch take their partition key from the request. An index of several properties serves its exact
// reverse, too. A body is read once, and may be asked for again.
const opposite = { ascending: "descending", descending: "ascending" };
const reversed = (index) => index.map(({ path, order }) => ({ path, order: opposite[order ?? "ascending"] }));
async function read(original, request) {
  const body = await original(request);
  if (isBatch(request)) for (const operation of body) operation.partitionKey ??= partitionKey(request);
  const composite = body.indexingPolicy?.compositeIndexes;
  if (composite) composite.push(...composite.map(reversed));
  return body;
}
wrap("json", (original, request) => (request.parsed ??= read(original, request)));

// A batch has limits, and is atomic: when one operation fails, the answer is 207, the others are 424, and nothing has
// changed.
async function apply(original, account, request, response, parameters) {
  const batch = await require(`${PACKAGE}/json`).default(request);
  if (batch.length > MAX_OPERATIONS) return refuse(response, 400, "the batch has too many operations");
  if (request.headers["content-length"] > MAX_BYTES) return refuse(response, 413, "the batch is too large");
  const { documents } = collectionOf(account, parameters);
  const [partition] = JSON.parse(partitionKey(request));
  const find = (id) => documents._item("/id", id, partition).read();
  const before = new Map(batch.map(({ id, resourceBody }) => id ?? resourceBody.id).map((id) => [id, find(id)]));
  const results = await original(account, request, response, parameters);
  if (!Array.isArray(results) || results.every((result) => result.statusCode < 400)) return results;
  for (const [id, document] of before) {
    if (document) documents._set(document);
    else if (find(id)) documents.delete(id, partition);
  }
  response.statusCode = 207;
  return results.map((result) => (result.statusCode < 400 ? { statusCode: 424, requestCharge: 0 } : result));
}
function refuse(response, statusCode, message) {
  response.statusCode = statusCode;
  return { message };
}

// And it is isolated: batches take turns, or else one that fails would undo what another did to the same items.
let turn = Promise.resolve();
wrap("handler/batch-documents", (...parameters) => {
  const answer = turn.then(() => apply(...parameters));
  turn = answer.catch(() => {});
  return answer;
});

// Etags are quoted. The items of a partition are kept together.
const set = Items.prototype._set;
Items.prototype._set = function quoted(data) {
  if (data._etag && !data._etag.startsWith('"')) data._etag = `"${data._etag}"`;
  set.call(this, data);
  partOf(this, this._getPartition(data)).set(data._rid, this._data.get(data._rid));
  return data;
};
const remove = Items.prototype.delete;
Items.prototype.delete = function both(id, partition) {
  const data = this._item("/id", id, partition).read();
  remove.call(this, id, partition);
  partOf(this, this._getPartition(data)).delete(data._rid);
};
function partOf(items, partition) {
  items.parts ??= new Map();
  if (!items.parts.has(partition)) items.parts.set(partition, new Map());
  return items.parts.get(partition);
}

// A query with a partition key sees that partition alone.
const partition = new AsyncLocalStorage();
const queryAll = Items.prototype.query;
Items.prototype.query = function query(parameters, options) {
  const wanted = partition.getStore();
  if (wanted === undefined) return queryAll.call(this, parameters, options);
  const part = Object.create(this, { _data: { value: partOf(this, wanted) } });
  return queryAll.call(part, parameters, options);
};
wrap("handler/query-documents", (original, account, request, response, parameters) => {
  const header = partitionKey(request);
  if (!header) return original(account, request, response, parameters);
  request.headers["x-ms-documentdb-query-enablecrosspartition"] = "true"; // the key is in the header, not in the query
  return partition.run(JSON.parse(header)[0], () => original(account, request, response, parameters));
});

const { createHttpServer } = require(PACKAGE);
const port = Number(process.argv[2]);
createHttpServer({ keepAlive: true }).listen(port, "127.0.0.1");

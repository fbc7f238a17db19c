// The emulator of Azure Cosmos DB that the contract tests run against: @vercel/cosmosdb-server, made right where the
// service behaves otherwise and Loupe depends on it. Handlers are wrapped before the package's routes load them.
//
//     node server.cjs PORT
"use strict";

const { AsyncLocalStorage } = require("node:async_hooks");

const PACKAGE = "@vercel/cosmosdb-server/lib";
const operations = require(`${PACKAGE}/handler/_document-operations`);
const Items = require(`${PACKAGE}/account/items`).default;

const partitionKey = (request) => request.headers["x-ms-documentdb-partitionkey"];
const collectionOf = (account, { dbId, collId }) => account.database(dbId).collection(collId);

function wrap(module, wrapper) {
  const exported = require(`${PACKAGE}/${module}`);
  const original = exported.default;
  exported.default = (...parameters) => wrapper(original, ...parameters);
}

// A missing item is 404. The package reads a property of nothing and answers 500.
wrap("handler/read-document", (original, account, request, response, parameters) => {
  const collection = collectionOf(account, parameters);
  if (!collection.read()) return original(account, request, response, parameters);
  const result = operations.readOperation(collection, { partitionKey: partitionKey(request), id: parameters.docId });
  response.statusCode = result.statusCode;
  return result.body;
});

// The operations of a batch take their partition key from the request.
wrap("json", async (original, request) => {
  const body = await original(request);
  if (request.headers["x-ms-cosmos-is-batch-request"]) {
    for (const operation of body) operation.partitionKey ??= partitionKey(request);
  }
  return body;
});

// A batch is atomic: when one operation fails, the answer is 207, the others are 424, and nothing has changed.
async function apply(original, account, request, response, parameters) {
  const { documents } = collectionOf(account, parameters);
  const before = { data: new Map(documents._data), index: new Map(documents._index), count: documents._ridCount };
  const results = await original(account, request, response, parameters);
  if (!Array.isArray(results) || results.every((result) => result.statusCode < 400)) return results;
  Object.assign(documents, { _data: before.data, _index: before.index, _ridCount: before.count });
  response.statusCode = 207;
  return results.map((result) => (result.statusCode < 400 ? { statusCode: 424, requestCharge: 0 } : result));
}

// And it is isolated: batches take turns, or else one that fails would undo what another did while its body was read.
let turn = Promise.resolve();
wrap("handler/batch-documents", (...parameters) => {
  const answer = turn.then(() => apply(...parameters));
  turn = answer.catch(() => {});
  return answer;
});

// A query with a partition key sees that partition alone.
const partition = new AsyncLocalStorage();
const queryAll = Items.prototype.query;
Items.prototype.query = function query(parameters, options) {
  const wanted = partition.getStore();
  if (wanted === undefined) return queryAll.call(this, parameters, options);
  const part = Object.create(this);
  part._data = new Map([...this._data].filter(([, item]) => this._getPartition(item.read()) === wanted));
  return queryAll.call(part, parameters, options);
};
wrap("handler/query-documents", (original, account, request, response, parameters) => {
  const header = partitionKey(request);
  if (!header) return original(account, request, response, parameters);
  request.headers["x-ms-documentdb-query-enablecrosspartition"] = "true"; // the key is in the header, not in the query
  return partition.run(JSON.parse(header)[0], () => original(account, request, response, parameters));
});

// Etags are quoted.
const set = Items.prototype._set;
Items.prototype._set = function quoted(data) {
  if (data._etag && !data._etag.startsWith('"')) data._etag = `"${data._etag}"`;
  return set.call(this, data);
};

const { createHttpServer } = require(PACKAGE);
const port = Number(process.argv[2]);
createHttpServer({ keepAlive: true }).listen(port, "127.0.0.1");

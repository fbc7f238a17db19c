// Runs in a page before the page's own scripts, and notes when its pictures come to be there, each for the first time:
// in milliseconds since 1970, by the machine's clock. A tile is seen when it stands in the document, and a picture
// when all of it is loaded. One comes into sight with the next frame, some 16 ms later at most.

window.sightings = { tiles: {}, thumbnails: {}, pictures: {}, click: 0 };

function see(kind, name) {
  window.sightings[kind][name] ??= Date.now();
}

new MutationObserver(() => {
  for (const link of document.querySelectorAll("[role=gridcell] a")) see("tiles", link.title);
}).observe(document, { childList: true, subtree: true });

document.addEventListener(
  "load",
  ({ target }) => {
    const tile = target.closest("[role=gridcell] a");
    if (tile) see("thumbnails", tile.title);
    else if (target.closest("figure")) see("pictures", target.alt);
  },
  true,
);

document.addEventListener("click", () => (window.sightings.click = Date.now()), true);

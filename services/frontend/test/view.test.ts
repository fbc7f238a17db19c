import { describe, expect, it } from "vitest";
import { imagesOf, readView, writeView } from "../src/overview/view";

function read(address: string) {
  return readView(new URLSearchParams(address));
}

describe("the view in an address", () => {
  it("is of everything, and of 30 days, unless it says otherwise", () => {
    expect(read("")).toEqual({ filter: {}, days: 30 });
    expect(String(writeView({ filter: {}, days: 30 }))).toBe("");
  });

  it("comes back as it was written", () => {
    const view = { filter: { container: "line a", model: "lite:2" }, days: 90 };
    expect(read(String(writeView(view)))).toEqual(view);
  });

  it("leaves out what makes no sense", () => {
    expect(read("days=31&model=&label=cup")).toEqual({ filter: {}, days: 30 });
  });
});

it("images are found under the names of the archive's filter", () => {
  expect(imagesOf({ outcome: "rejected", reason: "corrupt", model: undefined })).toBe(
    "/?outcome=rejected&reason=corrupt",
  );
});

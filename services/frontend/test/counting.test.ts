import { describe, expect, it } from "vitest";
import { ranked, total } from "../src/api/counts";
import { images, share } from "../src/overview/counting";

describe("counts", () => {
  it("add up, also of nothing", () => {
    expect(total({ classified: 7, rejected: 2 })).toBe(9);
    expect(total({})).toBe(0);
  });

  it("are ranked by how many there are, and then by name", () => {
    expect(ranked({ "7": 1, tench: 3, cup: 3, daisy: 5 })).toEqual([
      ["daisy", 5],
      ["cup", 3],
      ["tench", 3],
      ["7", 1],
    ]);
  });

  it("of one are said as one", () => {
    expect([images(0), images(1), images(2)]).toEqual(["0 images", "1 image", "2 images"]);
  });
});

describe("a share", () => {
  it("has a decimal", () => {
    expect(share(1, 8)).toBe(`${(12.5).toLocaleString()} %`);
    expect(share(1, 2)).toBe("50 %");
  });

  it("is none or all only if it is", () => {
    expect(share(0, 10_000)).toBe("0 %");
    expect(share(1, 10_000)).toBe(`< ${(0.1).toLocaleString()} %`);
    expect(share(9999, 10_000)).toBe(`> ${(99.9).toLocaleString()} %`);
    expect(share(10_000, 10_000)).toBe("100 %");
  });

  it("of nothing is unknown", () => {
    expect(share(0, 0)).toBe("–");
  });
});

// The grid: as large as it gets, inside the stage, never one tile over another.

import assert from "node:assert/strict";
import { test } from "node:test";
import { placeEverybody, placeTiles } from "../app/layout.js";

/** @typedef {import("../app/layout.js").Place} Place */

const stages = [[320, 400], [390, 700], [844, 300], [820, 1000], [1280, 640], [1920, 950], [600, 600]];

/** @param {Place} a @param {Place} b */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

test("every tile of every stage is inside it and touches no other", () => {
  for (const [width = 0, height = 0] of stages) {
    for (let count = 1; count <= 16; count += 1) {
      const places = placeTiles(count, width, height, 10);
      assert.equal(places.length, count);
      places.forEach((place, index) => {
        const at = `${count} on ${width}×${height}`;
        assert.ok(place.x >= 0 && place.y >= 0 && place.width > 0 && place.height > 0, at);
        assert.ok(place.x + place.width <= width && place.y + place.height <= height, at);
        assert.ok(places.every((other, position) => position === index || !overlap(place, other)), at);
      });
    }
  }
});

test("tiles are between 3:4 and 16:9, and on a wide stage not upright", () => {
  for (const [width = 0, height = 0] of stages) {
    const narrowest = width >= height * 4 / 3 ? 4 / 3 : 3 / 4;
    for (let count = 1; count <= 12; count += 1) {
      const [tile] = placeTiles(count, width, height, 10);
      assert.ok(tile);
      // Whole pixels move a ratio a little.
      const ratio = tile.width / tile.height;
      assert.ok(ratio > narrowest - 0.02 && ratio < 16 / 9 + 0.02, `${count} on ${width}×${height}: ${ratio}`);
    }
  }
});

test("no other number of columns gives larger tiles", () => {
  for (const [width = 0, height = 0] of stages) {
    const narrowest = Math.min(Math.max(width / height, 3 / 4), 4 / 3);
    for (let count = 1; count <= 12; count += 1) {
      const [tile] = placeTiles(count, width, height, 10);
      assert.ok(tile);
      for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns);
        const cellWidth = (width - 10 * (columns - 1)) / columns;
        const cellHeight = (height - 10 * (rows - 1)) / rows;
        if (cellWidth <= 0 || cellHeight <= 0) continue;
        const wide = Math.min(cellWidth, cellHeight * 16 / 9);
        const high = Math.min(cellHeight, cellWidth / narrowest);
        assert.ok(Math.floor(wide) * Math.floor(high) <= tile.width * tile.height, `${count} in ${columns} columns`);
      }
    }
  }
});

test("the last row stands centred", () => {
  const places = placeTiles(5, 1280, 640, 10);
  const last = places.filter(({ y }) => y === places.at(-1)?.y);
  assert.equal(last.length, 2);
  const [left, right] = last;
  assert.ok(left && right);
  assert.ok(Math.abs(left.x - (1280 - right.x - right.width)) <= 1);
});

test("a stage without room holds nothing", () => {
  assert.deepEqual(placeTiles(3, 0, 500, 10), []);
  assert.deepEqual(placeTiles(0, 500, 500, 10), []);
});

test("two people on a phone: the other one fills it, the own picture is in the corner", () => {
  const { others, self, floating } = placeEverybody(1, 375, 640, 10);
  assert.equal(floating, true);
  assert.deepEqual(others, [{ x: 0, y: 0, width: 375, height: 640 }]);
  assert.ok(self && self.width * self.height < 375 * 640 / 10);
  assert.ok(self.x + self.width < 375 && self.y + self.height < 640);
});

test("the empty chair, three people, and large stages get a grid", () => {
  for (const places of [placeEverybody(1, 375, 640, 10, false), placeEverybody(2, 375, 640, 10), placeEverybody(1, 1280, 640, 10)]) {
    assert.equal(places.floating, false);
    assert.equal(places.self?.width, places.others[0]?.width);
  }
});

test("alone without a chair, the own picture has the stage", () => {
  const { others, self } = placeEverybody(0, 1280, 640, 10);
  assert.deepEqual(others, []);
  assert.equal(self?.height, 640);
});

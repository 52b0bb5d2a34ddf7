// Where tiles go: sizes and places for n pictures in a stage, as large as they get. Pure arithmetic, no DOM.

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Place in CSS pixels, from the stage's corner
 */

/** A picture is never wider than this, or faces become small in it. */
const WIDEST = 16 / 9;

/** Nor ever narrower than this. */
const UPRIGHT = 3 / 4;

/** With one other person on a stage narrower or lower than this, the own picture lies in a corner. */
const FLOATING_BELOW = 480;

/**
 * Places `count` tiles of one size in a stage, so that their area is the largest that any number of columns gives.
 *
 * Tiles take the shape of their cell between a narrowest ratio and 16:9; upright stages allow upright tiles (3:4),
 * wide ones do not (4:3), because cameras of wide stages are mostly wide. A last row that is not full stands centred.
 *
 * @param {number} count
 * @param {number} width of the stage
 * @param {number} height of the stage
 * @param {number} gap between tiles
 * @param {number} [narrowest] ratio that a tile may have
 * @returns {Place[]} as many as `count`, row by row; empty if there is no room at all
 */
export function placeTiles(count, width, height, gap, narrowest = Math.min(Math.max(width / height, UPRIGHT), 4 / 3)) {
  if (count <= 0 || width <= 0 || height <= 0) return [];
  /** @type {{columns: number, width: number, height: number}} */
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tile = fit(cellWidth, cellHeight, narrowest);
    if (tile.width * tile.height > best.width * best.height) best = { columns, ...tile };
  }
  return rowsOf(count, best, width, height, gap);
}

/**
 * The largest shape inside a cell whose ratio lies between `narrowest` and {@link WIDEST}, in whole pixels.
 * @param {number} width
 * @param {number} height
 * @param {number} narrowest
 */
function fit(width, height, narrowest) {
  const ratio = width / height;
  if (ratio > WIDEST) return { width: Math.floor(height * WIDEST), height: Math.floor(height) };
  if (ratio < narrowest) return { width: Math.floor(width), height: Math.floor(width / narrowest) };
  return { width: Math.floor(width), height: Math.floor(height) };
}

/**
 * @param {number} count
 * @param {{columns: number, width: number, height: number}} tile
 * @param {number} width
 * @param {number} height
 * @param {number} gap
 * @returns {Place[]}
 */
function rowsOf(count, tile, width, height, gap) {
  if (tile.width === 0) return [];
  const rows = Math.ceil(count / tile.columns);
  const top = Math.floor((height - rows * tile.height - (rows - 1) * gap) / 2);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / tile.columns);
    const inRow = Math.min(tile.columns, count - row * tile.columns);
    const left = Math.floor((width - inRow * tile.width - (inRow - 1) * gap) / 2);
    return {
      x: left + (index % tile.columns) * (tile.width + gap),
      y: top + row * (tile.height + gap),
      width: tile.width,
      height: tile.height,
    };
  });
}

/** The part of a stage that goes to the small pictures beside a large one, and its bounds in pixels. */
const STRIP = Object.freeze({ beside: { part: 0.2, least: 112, most: 256 }, below: { part: 0.22, least: 76, most: 176 } });

/**
 * Places one of the others large and everybody else, the own picture last, in a strip: beside it on wide stages, below it on
 * upright ones.
 *
 * @param {number} others how many tiles beside the own one
 * @param {number} focus which of them is large, from 0
 * @param {number} width
 * @param {number} height
 * @param {number} gap between tiles
 * @param {boolean} whole the large one takes all the room there is, whatever its shape: a screen
 * @returns {{others: Place[], self: Place | null, floating: boolean}}
 */
export function placeAround(others, focus, width, height, gap, whole) {
  if (others === 1 && Math.min(width, height) < FLOATING_BELOW) return placeEverybody(others, width, height, gap);
  const isBeside = width >= height * 1.15;
  const { part, least, most } = isBeside ? STRIP.beside : STRIP.below;
  const strip = Math.round(Math.min(Math.max((isBeside ? width : height) * part, least), most));
  const room = isBeside ? { width: width - strip - gap, height } : { width, height: height - strip - gap };
  const small = isBeside
    ? placeTiles(others, strip, height, gap, UPRIGHT).map((place) => ({ ...place, x: place.x + room.width + gap }))
    : placeTiles(others, width, strip, gap, UPRIGHT).map((place) => ({ ...place, y: place.y + room.height + gap }));
  const large = whole ? { x: 0, y: 0, ...room } : placeTiles(1, room.width, room.height, gap)[0];
  const self = small.pop() ?? null;
  return { others: large ? small.toSpliced(focus, 0, large) : [], self, floating: false };
}

/**
 * Places the others and the own picture. On a small stage with one other person the own picture is a small one in
 * the corner, as a grid would give half of a phone to one's own face.
 *
 * @param {number} others how many tiles beside the own one
 * @param {number} width
 * @param {number} height
 * @param {number} gap
 * @param {boolean} [mayFloat] false if the other tile is no picture
 * @returns {{others: Place[], self: Place | null, floating: boolean}}
 */
export function placeEverybody(others, width, height, gap, mayFloat = true) {
  const floating = mayFloat && others === 1 && Math.min(width, height) < FLOATING_BELOW;
  if (!floating) {
    const places = placeTiles(others + 1, width, height, gap);
    return { others: places.slice(0, others), self: places[others] ?? null, floating };
  }
  const long = Math.round(Math.min(Math.max(width, height) * 0.24, 168));
  const short = Math.round(long * 0.72);
  const size = height >= width ? { width: short, height: long } : { width: long, height: short };
  return {
    others: [{ x: 0, y: 0, width, height }],
    self: { x: width - size.width - gap, y: height - size.height - gap, ...size },
    floating,
  };
}

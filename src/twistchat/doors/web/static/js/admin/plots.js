/** The scales and lines of plots, without drawing. */

/** The width of a plot, in minutes. */
export const MINUTES = 60;

/**
 * Return the top of a scale that begins at 0, so that it and its half are round numbers.
 *
 * @param {number} most the largest value
 * @param {boolean} whole whether values are whole numbers, so that the half must be one, too
 */
export function topOf(most, whole = false) {
  const least = whole ? 2 : 0;
  if (!(most > least)) return whole ? least : 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 10].map((step) => step * power).find((top) => top >= most * (1 - 1e-9));
}

/**
 * Return the points of a line. The plot is as wide as it has minutes, and 100 high.
 *
 * @param {{time: number}[]} minutes oldest first; `time` is in seconds since the epoch
 * @param {(minute: object) => number} valueOf
 * @param {number} top the top of the scale
 * @returns {{x: number, y: number}[]} those that are older than the plot are left out
 */
export function pointsOf(minutes, valueOf, top) {
  const end = minutes.at(-1)?.time ?? 0;
  return minutes
    .map((minute) => ({ x: MINUTES - (end - minute.time) / 60, y: 100 - (Math.min(valueOf(minute), top) / top) * 100 }))
    .filter(({ x }) => x >= 0);
}

const rounded = (number) => Number(number.toFixed(2));

/** Return a line through points, as the path of an SVG. */
export const lineOf = (points) => points.map(({ x, y }, index) => `${index ? 'L' : 'M'}${rounded(x)} ${rounded(y)}`).join('');

/** Return what is under a line, as the path of an SVG. */
export function areaOf(points) {
  if (!points.length) return '';
  return `${lineOf(points)}L${rounded(points.at(-1).x)} 100L${rounded(points[0].x)} 100Z`;
}

/** Return the least and the most of some values, and the last one. Null without values. */
export function summaryOf(values) {
  return values.length ? { least: Math.min(...values), most: Math.max(...values), last: values.at(-1) } : null;
}

/** Numbers, sizes and times as people read them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number with its thousands apart. */
export const count = (number) => Math.round(number).toLocaleString('en');

/** A number with at most three digits that count, and no zeros behind the point. */
export function short(number) {
  if (number === 0 || Math.abs(number) >= 100) return count(number);
  return String(Number(number.toPrecision(2)));
}

/** A size in bytes. */
export function size(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit ? value.toFixed(value < 10 ? 1 : 0) : value} ${UNITS[unit]}`;
}

/** A short time, given in seconds: in milliseconds, or in seconds where it is long. */
export const latency = (seconds) => (seconds >= 1 ? `${short(seconds)} s` : `${short(seconds * 1000)} ms`);

/** A long time, given in seconds: its two largest parts. */
export function duration(seconds) {
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const found = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const [length, name] of parts) {
    const number = Math.floor(rest / length);
    rest -= number * length;
    if (number || (found.length && found.length < 2)) found.push([number, name]);
    if (found.length === 2) break;
  }
  const shown = found.filter(([number]) => number);
  return shown.length ? shown.map(([number, name]) => `${number} ${name}`).join(' ') : '0 s';
}

const two = (number) => String(number).padStart(2, '0');

/** The time of day of a moment, given in milliseconds since the epoch. */
export function clock(ms) {
  const time = new Date(ms);
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** A moment, given in milliseconds since the epoch: year, month, day and the time of day, here. */
export function moment(ms) {
  const time = new Date(ms);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock(ms)}:${two(time.getSeconds())}`;
}

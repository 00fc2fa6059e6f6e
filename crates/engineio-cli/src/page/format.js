// Numbers for people.

const UNITS = ["B", "kB", "MB", "GB"];

/** Bytes, in the thousands that `maxPayload` is counted in. */
export function formatBytes(bytes) {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${round(value, value < 100 ? 1 : 0)} ${UNITS[power]}`;
}

/** A duration in milliseconds. */
export function formatDuration(milliseconds) {
  if (milliseconds >= 10_000) return `${Math.round(milliseconds / 1000)} s`;
  if (milliseconds >= 1000) return `${round(milliseconds / 1000, 1)} s`;
  return `${round(milliseconds, milliseconds < 10 ? 1 : 0)} ms`;
}

/** How long ago something was, in whole seconds. */
export function formatAge(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 1 ? "just now" : `${seconds} s ago`;
}

/** The time of day with milliseconds. */
export function formatTime(date) {
  const two = (number) => String(number).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** At most so many decimals, and none that say nothing. */
function round(number, decimals) {
  return Number(number.toFixed(decimals));
}

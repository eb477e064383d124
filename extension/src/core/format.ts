/** Made once: a number's own method makes one each time, which takes longer than all the rest. */
const COUNTS = new Intl.NumberFormat('en');

/** Seconds as people read them: 1.5 ms, 3.2 s, 4 min 20 s, 2 h 5 min. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0 || !Number.isFinite(seconds)) {
    return '–';
  }
  if (seconds < 1e-3) {
    return `${digits(seconds * 1e6)} µs`;
  }
  if (seconds < 1) {
    return `${digits(seconds * 1e3)} ms`;
  }
  if (seconds < 60) {
    return `${digits(seconds)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Bytes with a binary unit. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let amount = bytes;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${unit === 0 ? amount : digits(amount)} ${units[unit] ?? ''}`;
}

export function formatCount(count: number): string {
  return COUNTS.format(count);
}

/** One line of text without what would move the pen, and not too long. */
export function oneLine(text: string, length: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** Text without the colours of a terminal, and of what was written over only the end. */
export function plain(text: string): string {
  return text
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/\r\n/g, '\n')
    .replace(/^[^\n]*\r(?=[^\n])/gm, '');
}

function digits(value: number): string {
  return value >= 99.5
    ? value.toFixed(0)
    : String(Number(value.toPrecision(2)));
}

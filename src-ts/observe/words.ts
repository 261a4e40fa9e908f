// Numbers as people read them, the same in every locale.

/** 12,345 */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 block`, `2 blocks`. */
export function several(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `999 bytes`, `1.5 KiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return several(bytes, 'byte');
  const [unit, name] = bytes < 1 << 20 ? [1 << 10, 'KiB'] : [1 << 20, 'MiB'];
  return `${Number((bytes / unit).toFixed(bytes < 10 * unit ? 1 : 0))} ${name}`;
}

/** `1.25 ms` */
export function time(milliseconds: number): string {
  return `${Number(milliseconds.toFixed(milliseconds < 10 ? 2 : 0))} ms`;
}

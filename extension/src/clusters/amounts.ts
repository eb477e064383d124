/** A number of cores in use, as people read it. */
export function formatCores(cores: number): string {
  return cores >= 9.95 ? cores.toFixed(0) : cores.toFixed(1);
}

/** The use of one engine's cores in hundredths of one core. */
export function formatLoad(cores: number | null): string {
  return cores === null ? '–' : `${(100 * cores).toFixed(0)} %`;
}

/** How long something is there: the largest unit that it fills. */
export function formatAge(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's']
  ];
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

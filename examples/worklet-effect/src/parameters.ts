// What the sliders, the worklet and the kernel call by one name.
export const PARAMETERS = [
  { name: 'mix', minValue: 0, maxValue: 1, defaultValue: 0.35 },
  { name: 'decay', minValue: 0, maxValue: 0.98, defaultValue: 0.7 },
  { name: 'damping', minValue: 0, maxValue: 0.98, defaultValue: 0.2 },
  { name: 'preDelay', minValue: 0, maxValue: 0.25, defaultValue: 0.02 }, // seconds
] as const;

export type ParameterName = (typeof PARAMETERS)[number]['name'];

/** What the worklet answers when it is asked. */
export interface Report {
  quanta: number;
  /** Bytes of the arena. */
  persistent: number;
  peak: number;
}

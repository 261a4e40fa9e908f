// How much of a list of versions and tools that do the same is tried: `npm test` leaves out those in between,
// `npm test -- --all` takes every one.

export const ALL = process.env.ARENA_BIND_TESTS === 'all';

/** The first and the last. */
export const ends = <T>(list: readonly T[]): T[] => list.filter((_, i) => ALL || i === 0 || i === list.length - 1);

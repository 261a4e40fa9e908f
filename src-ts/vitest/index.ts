// arena-bind/vitest: what users' own tests need. Importing it registers the matchers and the equality of views.
import { expect } from 'vitest';
import { arenaMatchers, equalViews } from './matchers.js';

expect.extend(arenaMatchers);
expect.addEqualityTesters([equalViews]);

export { it, type RegistryFixture, test, testWith } from './fixture.js';
export { expectZeroGarbage, type GarbageReport, type ZeroGarbageOptions } from './garbage.js';
export { type ArenaMatchers, arenaMatchers, type Tolerance } from './matchers.js';

// Runs frames.ts once for each [pool, environment] given as JSON, all in one Vitest; the last line that it prints is what
// came of each test, as JSON.
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';

const root = fileURLToPath(new URL('.', import.meta.url));
const projects = JSON.parse(process.argv[2]).map(([pool, environment]) => ({
  test: { name: `${pool} ${environment}`, root, include: ['frames.ts'], pool, environment },
}));

const vitest = await startVitest('test', [], { config: false, watch: false, reporters: [{}], root, projects });
const results = {};
for (const { project, children } of vitest.state.getTestModules()) {
  for (const test of children.allTests()) {
    const { state, errors = [] } = test.result();
    results[project.name] ??= {};
    results[project.name][test.fullName] = { state, errors: errors.map(({ message, stack }) => ({ message, stack })) };
  }
}
await vitest.close();
console.log(`\n${JSON.stringify(results)}`);
process.exit(0);

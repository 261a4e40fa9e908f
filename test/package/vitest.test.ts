// The installed package inside users' own tests.
import { expect, inject, it } from 'vitest';
import { INPUT, LIFECYCLE_JS } from './lifecycle.js';
import { node, tool, write } from './project.js';

it.each(['node', 'happy-dom'])('runs the lifecycle in Vitest, environment %s', async (environment) => {
  write(
    'vitest/lifecycle.test.js',
    `import { Registry } from 'arena-bind';
    it('runs', async () => {
      expect(typeof document).toBe('${environment === 'node' ? 'undefined' : 'object'}');
      const registry = await Registry.create();
      ${LIFECYCLE_JS}
      expect(processFrame(Float32Array.from(${JSON.stringify(INPUT)}))).toHaveLength(${INPUT.length});
    });`,
  );
  write('vitest.config.mjs', 'export default {};'); // so that no other is looked for
  const options = ['--globals', `--root=${inject('project')}`, `--environment=${environment}`];
  const { code, output } = await node(tool('vitest/vitest.mjs'), 'run', ...options, 'vitest/lifecycle.test.js');
  expect(output).toMatch(/Tests +1 passed/);
  expect(code).toBe(0);
});

import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromium, firefox } from './tools/setup.mjs';

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'ts', include: ['test/{ts,vitest}/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxConcurrency: 2, // compilers take a core each
        },
      },
      {
        test: { name: 'driver', include: ['test/driver/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
      },
      {
        // Shared memory, and clocks of full precision, need the page to be isolated.
        server: {
          headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
        },
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [
              {
                browser: 'chromium',
                provider: playwright({
                  launchOptions: {
                    executablePath: chromium(),
                    args: ['--no-sandbox', '--disable-quic', '--enable-precise-memory-info'],
                  },
                }),
              },
              {
                browser: 'firefox',
                // Firefox as it ships speaks WebDriver BiDi; the channel makes Playwright do so as well.
                provider: playwright({ launchOptions: { executablePath: firefox(), channel: 'moz-firefox' } }),
              },
            ],
          },
        },
      },
      {
        test: { name: 'counts', include: ['test/counts/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
      },
      {
        test: {
          name: 'cmake',
          include: ['test/cmake/**/*.test.ts'],
          globalSetup: 'test/cmake/project.ts',
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'plugin',
          include: ['test/plugin/**/*.test.ts'],
          globalSetup: 'test/cmake/project.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'examples',
          include: ['test/examples/**/*.test.ts'],
          globalSetup: 'test/examples/setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

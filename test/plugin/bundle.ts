// Runs bundle.mjs in a project.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const BUNDLERS = ['rollup', 'rolldown', 'esbuild', 'webpack', 'rspack', 'vite-5', 'vite-6', 'vite-7', 'vite-8'];

export interface Outcome {
  failure?: { message: string; loc?: Place; frame?: string; errors?: { location?: Place }[] };
  warnings: { message: string; loc?: Place }[];
}

interface Place {
  file: string;
  line: number;
  column: number;
  lineText?: string;
}

export interface Settings {
  /** Source files by the name of what is made of them. */
  entries?: Record<string, string>;
  out?: string;
  node?: boolean;
  format?: 'esm' | 'cjs' | 'iife';
  base?: string;
  /** The plugin's. */
  options?: object;
  /** The bundler's. */
  config?: object;
}

export const script: string = fileURLToPath(new URL('bundle.mjs', import.meta.url));

export function bundle(
  project: string,
  bundler: string,
  { options, ...settings }: Settings,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  // All projects share one cache, so that the package's own C++ is compiled once.
  const shared = { cache: join(dirname(project), 'cache'), ...options };
  const args = [script, bundler, JSON.stringify({ ...settings, options: shared })];
  return new Promise((resolve, reject) => {
    const settings = { cwd: project, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
    execFile(process.execPath, args, settings, (_, stdout, stderr) => {
      const json = /^\{"(?:failure|warnings)".*$/m.exec(stdout)?.[0];
      if (json === undefined) reject(new Error(`${bundler} says nothing:\n${stdout}${stderr}`));
      else resolve(JSON.parse(json));
    });
  });
}

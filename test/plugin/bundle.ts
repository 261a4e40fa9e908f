// Runs bundle.mjs in a project.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
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

const argumentsOf = (bundler: string, settings: object): string[] => [script, bundler, JSON.stringify(settings)];

export function bundle(
  project: string,
  bundler: string,
  settings: Settings,
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { cwd: project, env: { ...process.env, ...env }, maxBuffer: 2 ** 26 };
    execFile(process.execPath, argumentsOf(bundler, settings), options, (_, stdout, stderr) => {
      const json = /^\{.*"warnings":.*$/m.exec(stdout)?.[0];
      if (json === undefined) reject(new Error(`${bundler} says nothing:\n${stdout}${stderr}`));
      else resolve(JSON.parse(json));
    });
  });
}

export interface Watch {
  /** The outcome of the next build that none has asked for yet. */
  next(): Promise<Outcome>;
  close(): Promise<void>;
}

export function watch(project: string, bundler: string, settings: Settings): Watch {
  const child = spawn(process.execPath, argumentsOf(bundler, { ...settings, watch: true }), {
    cwd: project,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async next() {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${bundler} has stopped watching`);
        if (/^\{.*"warnings":/.test(value)) return JSON.parse(value);
      }
    },
    async close() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

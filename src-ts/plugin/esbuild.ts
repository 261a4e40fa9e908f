// esbuild, without unplugin: of an error that shows its line, and of files, unplugin knows nothing here.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { PartialMessage, PluginBuild } from 'esbuild';
import type { Diagnostic } from '../driver/api.js';
import { FILES, kernelModules, newHost } from './module.js';
import type { Options } from './options.js';
import { errorsOf, linesOf } from './report.js';
import { THREADS, withWorker } from './worker.js';

export type { Options } from './options.js';

const NAMESPACE = 'arena-bind-wasm';
const PREFIX = `${NAMESPACE}:`;

/** For `plugins` of esbuild's build and context. */
function arenaBind(options?: Options): { name: string; setup(build: any): void } {
  const host = newHost();
  const modules = kernelModules(options, host);
  return {
    name: 'arena-bind',
    setup(build: PluginBuild) {
      const { absWorkingDir, format, platform = 'browser' } = build.initialOptions;
      host.cwd = absWorkingDir ?? host.cwd;
      // Only an ES module knows its own address.
      const isModule = format === 'esm' || (format === undefined && platform === 'neutral');
      const files = new Map<string, Uint8Array>();

      build.onLoad({ filter: options?.files ? /./ : FILES, namespace: 'file' }, async ({ path, suffix }) => {
        if (!modules.accepts(path + suffix)) return undefined;
        const watchFiles: string[] = [];
        const warnings: PartialMessage[] = [];
        const errors: PartialMessage[] = [];
        let emitted = 0;
        const contents = await modules.load(path + suffix, {
          watch: (file) => watchFiles.push(file),
          warn: (text, diagnostic) => warnings.push(diagnostic ? messageOf(diagnostic, host.cwd) : { text }),
          fail: (error) => {
            const all = errorsOf(error).map((diagnostic) => messageOf(diagnostic, host.cwd));
            errors.push(...(all.length > 0 ? all : [{ text: error.message }]));
          },
          emit: (name, wasm) => {
            if (!isModule) return undefined;
            const file = `${path}/${name}`;
            files.set(file, wasm);
            const binding = `file${emitted++}`;
            const imports = `import ${binding} from ${JSON.stringify(PREFIX + file)};`;
            return { url: `new URL(${binding}, import.meta.url).href`, imports };
          },
        });
        return { contents, loader: 'js', resolveDir: dirname(path), watchFiles, warnings, errors };
      });
      build.onLoad({ filter: THREADS, namespace: 'file' }, async ({ path }) => {
        const folder = dirname(path);
        let file = '';
        const code = await withWorker(folder, await readFile(path, 'utf8'), ({ name, bytes }) => {
          file = join(folder, name);
          files.set(file, bytes);
          if (isModule) return 'new URL(file, import.meta.url)';
          // An address that has all of it. Node knows none of the first kind, and in a page the second has no shared memory.
          return platform === 'node'
            ? "new URL('data:text/javascript,' + encodeURIComponent(file))"
            : "URL.createObjectURL(new Blob([file], { type: 'text/javascript' }))";
        });
        if (code === undefined) return undefined;
        return { contents: `import file from ${JSON.stringify(PREFIX + file)};\n${code}`, resolveDir: folder };
      });
      build.onResolve({ filter: new RegExp(`^${PREFIX}`) }, ({ path }) => ({
        path: path.slice(PREFIX.length),
        namespace: NAMESPACE,
      }));
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
        contents: files.get(path) as Uint8Array,
        loader: isModule ? 'file' : 'text', // of wasm there is a file in modules alone
      }));
    },
  };
}
export default arenaBind;

function messageOf({ file, line, column, message, hint }: Diagnostic, cwd: string): PartialMessage {
  const text = hint ? `${message}\n${hint}` : message;
  if (file === undefined) return { text };
  if (line === undefined) return { text: `${relative(cwd, file)}: ${text}` };
  const lineText = linesOf(file)?.[line - 1] ?? '';
  return { text, location: { file: relative(cwd, file), line, column: (column ?? 1) - 1, lineText } };
}

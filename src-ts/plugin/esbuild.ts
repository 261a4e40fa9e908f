// esbuild, without unplugin: of an error that shows its line, and of files, unplugin knows nothing here.
import { dirname, relative } from 'node:path';
import type { PartialMessage, PluginBuild } from 'esbuild';
import type { Diagnostic } from '../driver/api.js';
import { FILES, kernelModules, newHost } from './module.js';
import type { Options } from './options.js';
import { errorsOf, linesOf } from './report.js';

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
      build.onResolve({ filter: new RegExp(`^${PREFIX}`) }, ({ path }) => ({
        path: path.slice(PREFIX.length),
        namespace: NAMESPACE,
      }));
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
        contents: files.get(path) as Uint8Array,
        loader: 'file',
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

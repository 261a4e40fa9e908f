// npm run demo:web: installs what is missing, builds what is out of date, and serves the page in demo/web.
// Top-level imports are built-ins: see setup.mjs.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensure } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const configFile = join(root, 'demo/web/vite.config.js');

const help = `Usage: npm run demo:web -- [options]

Serves a page that sends a picture and a sound through the arena, frame by frame, and shows what each frame does.

  --port N     the port to serve on (default: 5173, or the next free one)
  --build DIR  write the page into DIR as files for any web server, and end
  --help       this text
`;

function readOptions(args) {
  const options = { port: { type: 'string' }, build: { type: 'string' }, help: { type: 'boolean', default: false } };
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new Error(`${error.message.split(/\. |\n/)[0]}. --help lists the options`);
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    throw new Error(`--port ${values.port}: expected a whole number from 1 to 65535`);
  }
  return { ...values, port };
}

async function main(args) {
  const { port, build, help: wantsHelp } = readOptions(args);
  if (wantsHelp) {
    process.stdout.write(help);
    return;
  }
  await ensure(['npm', 'wasm']);
  const { status } = spawnSync(process.execPath, [join(root, 'tools/build.mjs')], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the package could not be built; the lines above say why');
  const vite = await import('vite');
  if (build !== undefined) {
    await vite.build({ configFile, logLevel: 'warn', build: { outDir: resolve(build) } });
    console.log(`The page is in ${resolve(build)}; serve it over https or from localhost.`);
    return;
  }
  // A port that was asked for is taken or refused, not replaced.
  const server = await vite.createServer({ configFile, server: { port, strictPort: port !== undefined } });
  await server.listen();
  console.log('The page is ready (Ctrl+C ends it):');
  server.printUrls();
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`demo:web: ${error.message}`);
  process.exitCode = 1;
});

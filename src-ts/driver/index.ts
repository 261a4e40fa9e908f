export { installAdvice } from './advice.js';
export * from './api.js';
export { build, buildModule } from './build.js';
export { docsOf } from './comments.js';
export { describe } from './describe.js';
export { emitKernels, emitModule, emitTypes, inlineBytes, parameterName } from './emit.js';
export { writeWhole } from './output.js';
export { findToolchain, TOOLCHAINS } from './toolchains.js';
export { type FileWatcher, watchFiles } from './watch.js';

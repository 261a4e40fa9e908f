export * from './api.js';
export { docsOf } from './comments.js';
export { describe } from './describe.js';
export { emitKernels, emitModule, emitTypes, inlineBytes, parameterName } from './emit.js';

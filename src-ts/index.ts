/// <reference lib="esnext.disposable" preserve="true" />
export type { ElementData, ElementType, View, ViewTypes } from './elements.js';
export { ArenaError, type ErrorCode, KernelError, OutOfMemoryError } from './errors.js';
export { type Frame, processFrame } from './frame.js';
export type { KernelModule, StructArray, StructTypes } from './kernel-module.js';
export type { PrebuiltKernels } from './kernels.gen.js';
export type { ModuleSource } from './module.js';
export type { ExceededFrame, FrameBudget, KernelCost } from './observe/budget.js';
export {
  type AllocOptions,
  type AnyKernels,
  Registry,
  type RegistryOptions,
  type RegistryStats,
  type RegistrySyncOptions,
  type RunOptions,
} from './registry.js';
export type { BoundKernel, KernelField, KernelInfo, KernelParameter } from './signature.js';
export type { AttachOptions, RegistryHandle } from './threads/handle.js';

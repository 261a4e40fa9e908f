// What workers and AudioWorklets import as `arena-bind/attach`: the package, with a Registry that attaches.

import { Registry } from '../registry.js';
import { attach } from './create.js';

Registry.attach = attach as never;

export * from '../index.js';

// The page's start: the module and the registry, then the picture and the sound, each with its own controls.

import { type PrebuiltKernels, Registry } from 'arena-bind';
import coreAddress from 'arena-bind/core.wasm?url';
import { element, messageOf, showNotice } from './dom';
import { startPicture } from './picture-panel';
import { startSound } from './sound-panel';

async function start(): Promise<void> {
  // Compiled once: the picture's registry and the one in the audio worklet share the code, not the memory.
  const module = await compile(coreAddress);
  const registry = await Registry.create<PrebuiltKernels>({ module });
  startPicture(registry);
  startSound(module);
}

async function compile(address: string): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') throw new Error('This browser has WebAssembly switched off, or none.');
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The server has no ${address} (status ${response.status}). Build the page again.`);
  const bytes = await response.arrayBuffer();
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new Error(
      'This browser cannot compile the kernels. They need WebAssembly SIMD: Chrome 91, Firefox 89, Safari 16.4 or ' +
        `newer. (${messageOf(error)})`,
    );
  }
}

start().catch((error: unknown) => {
  document.documentElement.dataset.state = 'failed';
  for (const control of document.querySelectorAll<HTMLInputElement>('input, button, select')) control.disabled = true;
  showNotice(element('picture-notice', HTMLElement), messageOf(error));
});

import arenaBind from 'arena-bind/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({ plugins: [arenaBind()] });

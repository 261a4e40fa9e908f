/** The bytes of a file, by its path from the root of the repository. */
export async function read(path) {
  const url = new URL(`../../${path}`, import.meta.url);
  if (url.protocol !== 'file:') return (await fetch(url)).arrayBuffer();
  const { readFile } = await import('node:fs/promises');
  return readFile(url);
}

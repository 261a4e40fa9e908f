// What compilers write with -MF: a rule of make, "out: file file \", with spaces and signs of make escaped.

/** The files that the rule names, as they are written there. */
export function parseDepfile(text: string): string[] {
  const list = text.slice(text.indexOf(':') + 1).replaceAll(/\\\r?\n/g, ' ');
  const words = list.match(/(?:\\[ #\\]|\$\$|[^\s])+/g) ?? [];
  return words.map((word) => word.replaceAll(/\\([ #])/g, '$1').replaceAll('$$', '$'));
}

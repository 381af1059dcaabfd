// The program that parses every JavaScript file of a project and runs none: for packages that have nothing to build.

/** Arguments: what `.js` means (module or commonjs), then the files. Ends with 1 when one cannot be parsed. */
export const PARSE_ALL = `
const { readFileSync } = require('node:fs');
const vm = require('node:vm');
const [kind, ...files] = process.argv.slice(1);
const asModule = (text, name) => new vm.SourceTextModule(text, { identifier: name });
const asScript = (text, name) => vm.compileFunction(text.replace(/^#!.*/, ''), ['exports', 'require', 'module', '__filename', '__dirname'], { filename: name });
let bad = 0;
for (const name of files) {
  const text = readFileSync(name, 'utf8');
  const ways = name.endsWith('.mjs') ? [asModule] : name.endsWith('.cjs') ? [asScript] : kind === 'module' ? [asModule, asScript] : [asScript, asModule];
  let first = null;
  for (const way of ways) {
    try { way(text, name); first = null; break; } catch (error) { first ??= error; }
  }
  if (first === null) continue;
  bad++;
  console.error('error: ' + name + ': ' + first.message);
}
console.log(files.length - bad + ' of ' + files.length + ' files can be parsed');
process.exit(bad === 0 ? 0 : 1);
`;

// Every TypeScript example of the READMEs and of docs/ compiles as a program of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './setup.mjs';

const pages = [
  join(root, 'README.md'),
  ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'README.md')),
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name)),
];

/** By the file that each would be: an example sees what its page's folder sees. */
const examples = new Map(pages.flatMap(examplesOf));
const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const host = ts.createCompilerHost(options);
const { fileExists, readFile } = host;
host.fileExists = (path) => examples.has(path) || fileExists(path);
host.readFile = (path) => examples.get(path)?.text ?? readFile(path);
const program = ts.createProgram(
  [...examples.keys()],
  {
    ...options,
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    // An example shows one thing, and leaves others unused.
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  host,
);
for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
  const { page, line } = examples.get(file?.fileName) ?? { page: file?.fileName ?? '', line: 0 };
  const at = line + (file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0);
  console.error(`${relative(root, page)}:${at}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  process.exitCode = 1;
}

function examplesOf(page) {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, index) => {
    const line = text.slice(0, match.index).split('\n').length + 1;
    // A .mts is a module, whatever package is around it.
    return [`${page}.${index}.mts`, { page, line, text: match[1] }];
  });
}

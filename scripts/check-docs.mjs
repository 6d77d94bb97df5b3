// Every export of the libraries has a doc comment; so has each of its members that is a call or holds a number, for
// those have errors, orders and units that a name does not tell.
import { join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './setup.mjs';

const PACKAGES = ['typed-params', 'qmp', 'nbd', 'libvirt', 'migrate'];

const undocumented = PACKAGES.flatMap((name) => undocumentedIn(join(root, 'packages', name)));
for (const line of undocumented) console.error(`${line} has no doc comment`);
process.exitCode = undocumented.length === 0 ? 0 : 1;

function undocumentedIn(folder) {
  const config = join(folder, 'tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    folder,
  );
  const entry = join(folder, 'src/index.ts');
  const program = ts.createProgram([entry], { ...options, composite: false, incremental: false });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
  const found = [];
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    check(symbol, exported.name);
    for (const member of symbol.members?.values() ?? []) {
      if (isPublic(member) && needsWords(member)) check(member, `${exported.name}.${member.name}`);
    }
  }
  return found;

  function check(symbol, name) {
    if (symbol.getDocumentationComment(checker).length > 0) return;
    const [declaration] = symbol.declarations ?? [];
    if (!declaration) return;
    const file = declaration.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart());
    found.push(`${relative(root, file.fileName)}:${line + 1}: ${name}`);
  }

  function isPublic(symbol) {
    const [declaration] = symbol.declarations ?? [];
    if (!declaration || symbol.name.startsWith('__')) return false;
    if (declaration.name && ts.isPrivateIdentifier(declaration.name)) return false;
    // QAPI's own types: their members are QEMU's, and documented there.
    if (declaration.getSourceFile().fileName.includes('/qmp/src/commands/')) return false;
    return !(
      ts.getCombinedModifierFlags(declaration) &
      (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)
    );
  }

  function needsWords(symbol) {
    const [declaration] = symbol.declarations;
    const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(symbol, declaration));
    return Boolean(type.flags & ts.TypeFlags.NumberLike) || type.getCallSignatures().length > 0;
  }
}

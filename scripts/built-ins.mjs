// Which built-in functions of the language a program uses, as TypeScript sees it: a method of ours that is called `test` is none of
// RegExp's. XS's linker (-s "*") knows names only; what is here goes to it beside that.
import ts from "typescript";

/** Interfaces of TypeScript's libraries whose members are those of another class of the language. */
const classes = [
	[/^(Readonly)?(Array|Map|Set)$/, (name) => name.replace("Readonly", "")],
	[/^((Ui|I)nt\d+(Clamped)?|Float\d+|Big(Ui|I)nt64)Array$/, () => "TypedArray"],
	[/^(Callable|Newable)?Function$/, () => "Function"],
	[/^\w*Iterator(Object)?$/, () => "Iterator"],
	[/^(String|Number|Boolean|Symbol|BigInt|Object|RegExp|Date|DataView|ArrayBuffer|Math|JSON|Reflect)$/, (name) => name],
];

/** A value of each class whose methods may be called through a type of ours that says no more than what it has. */
const samples = `declare const samples: {
	"Array": any[]; "TypedArray": Uint8Array | Int32Array | Float64Array; "String": string; "Number": number; "BigInt": bigint;
	"Map": Map<any, any>; "Set": Set<any>; "DataView": DataView; "ArrayBuffer": ArrayBuffer; "RegExp": RegExp; "Math": Math;
	"JSON": JSON; "Function": Function; "Date": Date;
};`;
const samplesPath = "built-in-samples.d.ts";

/**
 * @param {string} name of an interface
 * @returns {{ of: string, isStatic: boolean } | undefined} the class whose member one of its is; undefined where that is not known
 */
function classOf(name) {
	const isStatic = /^(Math|JSON|Reflect)$/.test(name) || /\wConstructor$/.test(name);
	const base = name.replace(/Constructor$/, "");
	const found = classes.find(([pattern]) => pattern.test(base));
	return found && { of: found[1](base), isStatic };
}

/** A TypeScript program with what `built-ins` asks of it: {@link usedBuiltIns}. */
export function programWithSamples(files, options) {
	const host = ts.createCompilerHost(options);
	const { fileExists, getSourceFile } = host;
	host.fileExists = (path) => path === samplesPath || fileExists.call(host, path);
	host.getSourceFile = (path, language, ...rest) =>
		path === samplesPath
			? ts.createSourceFile(path, samples, language, true)
			: getSourceFile.call(host, path, language, ...rest);
	return ts.createProgram([...files, samplesPath], options, host);
}

/**
 * Goes through a program's sources.
 * @param {ts.Program} program of programWithSamples
 * @param {readonly string[]} paths of its sources to look at
 * @returns {{ members: Set<string>, names: Set<string>, loose: string[] }} `members`: "Array.prototype.map", "Math.floor", and "RegExp" of a
 *   class that is made or named; `names` of members of which it is not known whose they are (a value is `any`); `loose`:
 *   where a computed name may be that of any built-in function
 */
export function usedBuiltIns(program, paths) {
	const found = { members: new Set(), names: new Set(), loose: [] };
	const checker = program.getTypeChecker();
	const assignable = new Map();
	const sampleTypes = typesOfSamples(program, checker);
	for (const path of paths) {
		const source = program.getSourceFile(path);
		if (source === undefined) throw new Error(`${path} is not among the program's sources`);
		const look = { program, checker, found, sampleTypes, assignable, source };
		const visit = (node) => {
			if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
				// `extends` names a value in the shape of a type.
				if (!ts.isExpressionWithTypeArguments(node)) return;
			}
			lookAt(look, node);
			ts.forEachChild(node, visit);
		};
		visit(source);
	}
	return found;
}

function typesOfSamples(program, checker) {
	const [statement] = program.getSourceFile(samplesPath).statements;
	const type = checker.getTypeAtLocation(statement.declarationList.declarations[0]);
	return checker.getPropertiesOfType(type).map((property) => [property.name, checker.getTypeOfSymbol(property)]);
}

function lookAt(look, node) {
	const { checker, found } = look;
	if (ts.isPropertyAccessExpression(node)) {
		if (!ts.isPrivateIdentifier(node.name)) takeMember(look, node.expression, node.name.text);
	} else if (ts.isElementAccessExpression(node)) {
		takeElement(look, node.expression, node.argumentExpression);
	} else if (ts.isObjectBindingPattern(node)) {
		for (const { propertyName, name, dotDotDotToken } of node.elements) {
			const named = propertyName ?? name;
			if (dotDotDotToken !== undefined) continue;
			if (ts.isComputedPropertyName(named)) takeElement(look, node, named.expression);
			else takeMember(look, node, named.text);
		}
	} else if (ts.isBinaryExpression(node) && ts.isObjectLiteralExpression(node.left)) {
		for (const property of node.left.properties) {
			if (property.name?.text !== undefined) takeMember(look, node.right, property.name.text);
		}
	} else if (ts.isRegularExpressionLiteral(node)) {
		found.members.add("RegExp");
	} else if (ts.isBigIntLiteral(node)) {
		found.members.add("BigInt");
	} else if (ts.isIdentifier(node) && isValue(node)) {
		const symbol = ts.isShorthandPropertyAssignment(node.parent)
			? checker.getShorthandAssignmentValueSymbol(node.parent)
			: checker.getSymbolAtLocation(node);
		if (symbol?.declarations?.some((each) => isFromLibrary(look, each) && !isMember(each)))
			found.members.add(node.text);
	}
}

const isMember = (declaration) => ts.isTypeElement(declaration) || ts.isClassElement(declaration);

/** Whether an identifier stands for a variable: neither behind a dot nor what something is called. */
function isValue(node) {
	const { parent } = node;
	if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
	return parent.name !== node || ts.isShorthandPropertyAssignment(parent);
}

function isFromLibrary({ program }, declaration) {
	const file = declaration.getSourceFile();
	return program.isSourceFileDefaultLibrary(file) || (file.isDeclarationFile && file.fileName.includes("node_modules"));
}

/** `holder[key]` */
function takeElement(look, holder, key) {
	const { checker, found } = look;
	const type = checker.getTypeAtLocation(key);
	const parts = type.isUnion() ? type.types : [type];
	for (const part of parts) if (part.isStringLiteral()) takeMember(look, holder, part.value);
	const indexes = ts.TypeFlags.NumberLike | ts.TypeFlags.ESSymbolLike | ts.TypeFlags.StringLiteral;
	if (parts.every((part) => (part.flags & indexes) !== 0)) return;
	const held = checker.getNonNullableType(checker.getTypeAtLocation(holder));
	const index = checker.getIndexInfoOfType(held, ts.IndexKind.String);
	// What has a string index is a table of ours.
	if (index === undefined && (held.flags & ts.TypeFlags.TypeParameter) === 0 && mayBeBuiltIn(look, held))
		found.loose.push(placeOf(look, key));
}

function takeMember(look, holder, name) {
	const { checker, found, sampleTypes } = look;
	const type = checker.getNonNullableType(checker.getTypeAtLocation(holder));
	if ((type.flags & ts.TypeFlags.Any) !== 0) {
		found.names.add(name);
		return;
	}
	const parts = type.isUnion() ? type.types : [type];
	for (const part of parts) {
		const symbol = checker.getPropertyOfType(checker.getApparentType(part), name);
		for (const declaration of symbol?.declarations ?? []) {
			if (isFromLibrary(look, declaration)) takeDeclared(found, declaration, name);
			else if (isShape(declaration)) {
				for (const [sample, sampleType] of sampleTypes) {
					if (checker.getPropertyOfType(checker.getApparentType(sampleType), name) === undefined) continue;
					if (fits(look, sampleType, part)) addMember(found, sample, sample === "Math" || sample === "JSON", name);
				}
			}
		}
	}
}

/** Whether what declares a member is but a shape, which a value of a built-in class may have. */
function isShape(declaration) {
	const { parent } = declaration;
	return parent !== undefined && (ts.isInterfaceDeclaration(parent) || ts.isTypeLiteralNode(parent));
}

function fits({ checker, assignable }, sample, type) {
	const known = assignable.get(type) ?? new Map();
	assignable.set(type, known);
	if (!known.has(sample)) known.set(sample, checker.isTypeAssignableTo(sample, type));
	return known.get(sample);
}

/** Tables are mapped types, of whatever names. */
function mayBeBuiltIn(look, type) {
	if (!(type.flags & ts.TypeFlags.Object))
		return (type.flags & (ts.TypeFlags.AnyOrUnknown | ts.TypeFlags.StringLike)) !== 0;
	return (
		type.symbol?.declarations?.some((each) => ts.isInterfaceDeclaration(each) && isFromLibrary(look, each)) ?? false
	);
}

function takeDeclared(found, declaration, name) {
	const { parent } = declaration;
	const known = ts.isInterfaceDeclaration(parent) ? classOf(parent.name.text) : undefined;
	if (known === undefined) found.names.add(name);
	else addMember(found, known.of, known.isStatic, name);
}

function addMember({ members }, of, isStatic, name) {
	members.add(isStatic ? `${of}.${name}` : `${of}.prototype.${name}`);
}

function placeOf({ source }, node) {
	const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
	return `${source.fileName}:${line + 1}: ${node.getText(source)}`;
}

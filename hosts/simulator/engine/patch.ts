import { createHash } from "node:crypto";

/** These XS sources are not ones the engine can be built from; `message` says what to do. */
export class UnknownXs extends Error {
	override name = "UnknownXs";
}

interface Replacement {
	readonly find: string;
	readonly by: string;
}

/*
 * fxRunID, the interpreter's loop, calls setjmp. Clang lowers a function with setjmp for wasm in a way that makes
 * this one several times slower and larger. So the one setjmp moves to a small function around the loop: a C
 * exception returns there, and enters the loop again where the original would have gone on.
 */
const outOfTheLoop: readonly Replacement[] = [
	{
		find: "void fxRunID(txMachine* the, txSlot* generator, txInteger count)\n{",
		by: `typedef struct {
	c_jmp_buf* landing;
	txJump* yieldJump;
	int landed;
} txLanding;

static void fxRunLoop(txMachine* the, txSlot* generator, txInteger count, txLanding* landing);

void fxRunID(txMachine* the, txSlot* generator, txInteger count)
{
	c_jmp_buf buffer;
	txLanding landing;
	landing.landing = &buffer;
	landing.yieldJump = the->firstJump;
	landing.landed = 0;
	if (c_setjmp(buffer) != 0)
		landing.landed = 1;
	fxRunLoop(the, generator, count, &landing);
}

static __attribute__((noinline)) void fxRunLoop(txMachine* the, txSlot* generator, txInteger count, txLanding* landing)
{`,
	},
	{ find: "txJump* yieldJump = the->firstJump;", by: "txJump* yieldJump = landing->yieldJump;" },
	{
		find: "	mxCheckCStack();\n	if (generator) {",
		by: "	mxCheckCStack();\n	if (landing->landed)\n		goto LANDED;\n	if (generator) {",
	},
	{
		find: "				if (c_setjmp(jump->buffer) == 1) {",
		by: `				jump->environment = C_NULL;
				c_memcpy(&jump->buffer, landing->landing, sizeof(c_jmp_buf));
				if (0) {`,
	},
	{
		find: "				if (c_setjmp(jump->buffer) != 0) {",
		by: "				c_memcpy(&jump->buffer, landing->landing, sizeof(c_jmp_buf));\n				if (0) {\n				LANDED:",
	},
	{
		find: "					mxEnvironment->value.reference = jump->environment;",
		by: "					if (jump->environment)\n						mxEnvironment->value.reference = jump->environment;",
	},
];

/*
 * XS 17 notes the matches of a pattern in ROM in memory from malloc, and gives it to the collector as a chunk: an
 * `else` is missing. The collector then marks what stands before that memory.
 */
const matchesInChunks: readonly Replacement[] = [
	{
		find: "		data = fxNewChunk(the, size);\n#endif\n	{\n",
		by: "		data = fxNewChunk(the, size);\n	else\n#endif\n	{\n",
	},
];

/** The files these patches were tried with, by SHA-256. */
const known: ReadonlyMap<
	string,
	{ readonly file: string; readonly of: string; readonly replacements: readonly Replacement[] }
> = new Map([
	[
		"ee67900adf42f6de1c0ca507a111232f84f4936440cd413c4f6bc3456458c7a2",
		{ file: "xsRun.c", of: "XS 13.3.0 of @agoric/xsnap 0.15.0", replacements: outOfTheLoop },
	],
	[
		"7aede32832264fafbf5f0d6666b74554745f04b3b7c5eeaddbd67b96f097a03d",
		{ file: "xsRun.c", of: "XS 17 of Moddable SDK 8.2.3", replacements: outOfTheLoop },
	],
	[
		"f084834c7d2b3c738d0ac705e44d4d82aadf3fdbf718c38683083016d1314470",
		{ file: "xsre.c", of: "XS 13.3.0 of @agoric/xsnap 0.15.0", replacements: [] },
	],
	[
		"5ef2f259b1ac524e787bdb41f0bc2320cd6772fc6a8ffc1e0fc7577b70cc2184",
		{ file: "xsre.c", of: "XS 17 of Moddable SDK 8.2.3", replacements: matchesInChunks },
	],
]);

/** The files that need a patch in one XS or another. */
export const patchedFiles: readonly string[] = ["xsRun.c", "xsre.c"];

/**
 * Patches one of `patchedFiles`.
 * @param text the file as its publisher wrote it
 * @throws UnknownXs when it is one that nobody tried the patch with: a patch that merely fits is not one that works
 */
export function patched(file: string, text: string): string {
	const digest = createHash("sha256").update(text).digest("hex");
	const patch = known.get(digest);
	if (patch === undefined || patch.file !== file) {
		const versions = [...known.values()].filter((one) => one.file === file).map(({ of }) => of);
		throw new UnknownXs(
			`this ${file} (SHA-256 ${digest}) is none that the engine's patch was tried with (${versions.join(", ")}). ` +
				"Use one of them, or check engine/patch.ts against the new one and add its checksum",
		);
	}
	let result = text;
	for (const { find, by } of patch.replacements) {
		const places = result.split(find).length - 1;
		if (places !== 1)
			throw new UnknownXs(`engine/patch.ts: ${places} places for ${JSON.stringify(find)}, one expected`);
		result = result.replace(find, () => by);
	}
	return result;
}

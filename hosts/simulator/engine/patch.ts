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
 * fxRunID, the interpreter's loop, calls setjmp. Clang lowers a function with setjmp for wasm in a way that makes this one
 * several times slower and larger. So the one setjmp moves to a small function around the loop: a C exception returns there,
 * and enters the loop again where the original would have gone on.
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
		by: "				jump->environment = C_NULL;\n				c_memcpy(&jump->buffer, landing->landing, sizeof(c_jmp_buf));\n				if (0) {",
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

/** The versions of xsRun.c this patch was tried with, by SHA-256. */
const known: ReadonlyMap<string, string> = new Map([
	["ee67900adf42f6de1c0ca507a111232f84f4936440cd413c4f6bc3456458c7a2", "XS 13.3.0 of @agoric/xsnap 0.15.0"],
	["7aede32832264fafbf5f0d6666b74554745f04b3b7c5eeaddbd67b96f097a03d", "XS 17 of Moddable SDK 8.2.3"],
]);

/**
 * Moves setjmp out of XS's interpreter loop.
 * @param text xsRun.c as its publisher wrote it
 * @throws UnknownXs when it is an xsRun.c that nobody tried this patch with: a patch that merely fits is not one that works
 */
export function patchedXs(text: string): string {
	const digest = createHash("sha256").update(text).digest("hex");
	if (!known.has(digest)) {
		const versions = [...known.values()].join(", ");
		throw new UnknownXs(
			`this xsRun.c (SHA-256 ${digest}) is none that the engine's patch was tried with (${versions}). ` +
				"Use one of them, or check engine/patch.ts against the new one and add its checksum",
		);
	}
	let patched = text;
	for (const { find, by } of outOfTheLoop) {
		const places = patched.split(find).length - 1;
		if (places !== 1)
			throw new UnknownXs(`engine/patch.ts: ${places} places for ${JSON.stringify(find)}, one expected`);
		patched = patched.replace(find, () => by);
	}
	return patched;
}

type Tree = { [name: string]: Tree | string | Uint8Array };

/** What we use of @yowasp/clang: a clang that is wasm itself and works on files in memory. */
interface YowaspClang {
	runClang(
		args: readonly string[],
		files: Tree,
		options: { stderr: (bytes: Uint8Array | null) => void; fetchProgress: () => void },
	): Promise<Tree>;
}

/**
 * Runs clang once.
 * @returns the file `wanted` that it wrote
 * @throws Error with clang's diagnostics
 */
export async function runClang(args: readonly string[], files: Tree, wanted: string): Promise<Uint8Array> {
	const name = "@yowasp/clang"; // a variable, because an installed copy of this package comes without a compiler
	const { runClang: run }: YowaspClang = await import(name);
	const decoder = new TextDecoder();
	let diagnostics = "";
	const stderr = (bytes: Uint8Array | null) => {
		if (bytes) diagnostics += decoder.decode(bytes);
	};
	let tree: Tree;
	try {
		tree = await run(args, files, { stderr, fetchProgress: () => {} });
	} catch (error) {
		throw new Error(
			`${args.slice(-1)}: ${error instanceof Error ? error.message : error}\n${diagnostics.slice(0, 4000)}`,
		);
	}
	const made = tree[wanted];
	if (!(made instanceof Uint8Array)) throw new Error(`clang wrote no ${wanted}\n${diagnostics.slice(0, 4000)}`);
	return made;
}

// node:test reporter for conformance.mjs: a line of JSON for each case, with how it ended.
export default async function* report(source) {
	for await (const { type, data } of source) {
		if (type !== "test:pass" && type !== "test:fail") continue;
		if (data.details?.type === "suite" || data.details?.error?.failureType === "subtestsFailed") continue;
		const skipped = data.skip !== undefined || data.todo !== undefined;
		const error = data.details?.error?.cause ?? data.details?.error;
		const why =
			type === "test:fail"
				? String(error?.message ?? error)
						.split("\n")
						.slice(0, 12)
						.join(" ")
				: undefined;
		yield `${JSON.stringify({ name: data.name, outcome: skipped ? "skipped" : type === "test:pass" ? "passed" : "failed", why })}\n`;
	}
}

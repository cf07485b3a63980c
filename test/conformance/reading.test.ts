import { deepEqual, equal } from "node:assert/strict";
import { served } from "./served.ts";

served("[CORE-DM-1] ETS 201 Read of single Resources in plain text", { configuration: "C.1" }, async (it) => {
	for (const [path, text] of [
		["/3/0/0", "Open Mobile Alliance"],
		["/3/0/1", "Lightweight M2M Client"],
		["/3/0/2", "345000123"],
	] as const) {
		const told = await it.read(path, "TEXT");
		deepEqual([told.code, told.values], ["2.05", { [path]: text }]);
		equal(it.sent("2.05").at(-1)!.format ?? 0, 0);
	}
});

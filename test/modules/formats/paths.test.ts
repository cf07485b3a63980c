/** Paths as requests, links and SenML names spell them. */
import { utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { readPaths } from "../../../modules/formats/payload.ts";
import type { Path } from "../../../modules/formats/value.ts";
import { levelOf, pathText, readPath } from "../../../modules/lwm2m/path.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import vectors from "../../vectors/path.json" with { type: "json" };

function idsOf(path: Path): number[] {
	return [path.objectId, path.instanceId, path.resourceId, path.resourceInstanceId].slice(0, levelOf(path));
}

for (const { text, ids } of vectors.cases) {
	test(`formats path: ${text}`, () => {
		const path = { objectId: 9, instanceId: 9, resourceId: 9, resourceInstanceId: 9 };
		const segments = text.split("/").filter((segment) => segment !== "");
		equal(readPath(segments, path), undefined);
		deepEqual(idsOf(path), ids, "from Uri-Path");
		const spelt = text.startsWith("/") ? text : `/${text}`;
		equal(pathText(path), spelt, "written");
		const pack = utf8(`[{"n":"${spelt}"}]`);
		const named = readPaths(ContentFormat.senmlJson, pack, 0, pack.length);
		ok(Array.isArray(named), "a SenML name");
		deepEqual(named.map(idsOf), [ids], "from SenML");
	});
}

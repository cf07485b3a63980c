import { frozen } from "../frozen.ts";
import { ContentFormat } from "./content-format.ts";
import type { Format } from "./format.ts";
import { FetchPack, PatchPack } from "./senml-etch.ts";
import { readJsonPack } from "./senml-json.ts";

/** SenML-ETCH JSON (RFC 8790): what a server asks in it is answered in SenML. */
export const senmlEtchJsonFormat: Format = frozen({
	numbers: [ContentFormat.senmlEtchJson],
	scope: "any",
	readPatch: (bytes, at, end, entries) => readJsonPack(bytes, at, end, new PatchPack(entries)),
	readPaths: (bytes, at, end, entries) => readJsonPack(bytes, at, end, new FetchPack(entries)),
});

import { frozen } from "../frozen.ts";
import { ContentFormat } from "./content-format.ts";
import type { Format } from "./format.ts";
import { readCborPack } from "./senml-cbor.ts";
import { FetchPack, PatchPack } from "./senml-etch.ts";

/** SenML-ETCH CBOR (RFC 8790): what a server asks in it is answered in SenML. */
export const senmlEtchCborFormat: Format = frozen({
	numbers: [ContentFormat.senmlEtchCbor],
	scope: "any",
	readPatch: (bytes, at, end, entries) => readCborPack(bytes, at, end, new PatchPack(entries)),
	readPaths: (bytes, at, end, entries) => readCborPack(bytes, at, end, new FetchPack(entries)),
});

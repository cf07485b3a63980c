import { compileCached } from "../engine/bytecode-cache.ts";
import type { Engine } from "../engine/xs.ts";
import { javaScriptRoot } from "../image/builder.ts";
import { bundle, closure, type SourceModule } from "../image/bundle.ts";

/** What a product leaves out is not in its image: one choice, and what it takes. */
export interface Composition {
	readonly name: string;
	/** Bytecode of its modules. */
	readonly bytecodeBytes: number;
	/** Names, which modules share. */
	readonly symbolBytes: number;
	/** Folders of modules/ that are in it. */
	readonly folders: readonly string[];
}

const coap = { Peer: "modules/coap/peer" };
const dtls = { ClientAssociation: "modules/dtls/client-association" };
const client = {
	SimulatedHost: "hosts/simulator/device/host",
	Client: "modules/lwm2m/client",
	Loop: "modules/lwm2m/loop",
	device: "modules/objects/device-3",
	security: "modules/objects/security-0",
	server: "modules/objects/server-1",
	thermometer: "src/thermometer",
};
const lwm2m = { ...client, formatsSince11: "modules/formats/payload" };
const fewFormats = {
	Formats: "modules/formats/format",
	textFormat: "modules/formats/text",
	opaqueFormat: "modules/formats/opaque",
	lwm2mCborFormat: "modules/formats/lwm2m-cbor",
};
const composite = { compositeOperations: "modules/lwm2m/composite" };
const rights = { AccessControl: "modules/lwm2m/access-control", accessControl: "modules/objects/access-control-2" };
const psk = { ...lwm2m, DtlsTransport: "modules/lwm2m/dtls-transport" };
const portable = { PortableCrypto: "modules/crypto/portable" };
const publicKeys = { readPrivateKey: "modules/crypto/public-key", serverTrust: "modules/crypto/trust" };

/** Each by the names that its application uses, and where they are. */
const compositions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"CoAP alone": coap,
	"DTLS client alone": dtls,
	"CoAP over DTLS, no LwM2M": { ...coap, ...dtls },
	"LwM2M without DTLS": lwm2m,
	"… with composite operations": { ...lwm2m, ...composite },
	"… with Send": { ...lwm2m, makeSends: "modules/lwm2m/send" },
	"… with access control of several servers": { ...lwm2m, ...rights },
	"… with text, opaque and LwM2M CBOR alone": { ...client, ...fewFormats },
	"LwM2M, pre-shared keys, cryptography of the chip": psk,
	"… with the portable cryptography": { ...psk, ...portable },
	"LwM2M, certificates too, cryptography of the chip": { ...psk, ...publicKeys },
	"… with the portable cryptography and P-256": {
		...psk,
		...publicKeys,
		...portable,
		portableP256: "modules/crypto/p256",
	},
};

/** Compiles what compositions need. Deterministic. @param names which; absent: all */
export async function measureCompositions(engine: Engine, names?: readonly string[]): Promise<Composition[]> {
	const measured: Composition[] = [];
	for (const [name, uses] of Object.entries(compositions)) {
		if (names?.includes(name) === false) continue;
		const modules = await modulesOf(uses);
		const { modules: linked, symbols } = engine.compiler.link(
			modules.map(({ name, source }) => compileCached(engine, name, source)),
		);
		measured.push({
			name,
			bytecodeBytes: linked.reduce((sum, { code }) => sum + code.length, 0),
			symbolBytes: symbols.reduce((sum, symbol) => sum + new TextEncoder().encode(symbol).length + 1, 0),
			folders: [...new Set(modules.flatMap(({ name }) => /^modules\/([a-z0-9]+)\//.exec(name)?.[1] ?? []))].sort(),
		});
	}
	return measured;
}

/** Everything that these names need, shaken as an image is. */
async function modulesOf(uses: Readonly<Record<string, string>>): Promise<SourceModule[]> {
	const path = `${javaScriptRoot}/composition.js`;
	const lines = Object.entries(uses).map(([name, from]) => `export { ${name} } from "./${from}.js";`);
	const given = { [path]: lines.join("\n") };
	const modules = await bundle({ entries: [path], root: javaScriptRoot, shake: true, given });
	return closure(modules, "composition").filter(({ name }) => name !== "composition");
}

import { portableP256 } from "../../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { patience, seeded, test } from "../../harness.ts";
import { cryptoCases } from "./conformance.ts";

const below = seeded(20260);
const fill = (bytes: Uint8Array) => {
	for (let index = 0; index < bytes.length; index++) bytes[index] = below(256);
};
const crypto = new PortableCrypto({ entropy: { fill }, p256: portableP256 });

for (const { name, run } of cryptoCases(crypto, { p256Every: patience === 1 ? 7 : 1 })) test(name, run);

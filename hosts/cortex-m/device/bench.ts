import { portableP256 } from "../../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import type { Crypto, Entropy } from "../../../modules/host.ts";
import { openPsaCrypto } from "../../psa/psa-crypto.ts";
import { Conversation } from "./conversation.ts";
import { Meter } from "./meter.ts";
import type { Natives } from "./natives.ts";
import { measurePrimitives } from "./primitives.ts";

/** What the board is asked to run: xs/main.c writes it. */
export interface BootRecord {
	readonly scenario: "idle" | "ccm8" | "primitives" | "psk" | "rpk";
	readonly crypto: "portable" | "native";
	/** 1: both sides of a conversation, to have the peer's; 2: instructions are counted; 3: in little memory. */
	readonly pass: 1 | 2 | 3;
}

/** Runs one scenario on one machine. Prints its figures. */
export function runBench(board: Natives): void {
	const { scenario, crypto: which, pass }: BootRecord = JSON.parse(board.bootRecord());
	const entropy: Entropy = { fill: (bytes) => board.fillEntropy(bytes) };
	const crypto = makeCrypto(which, entropy);
	const meter = new Meter(board);
	if (scenario === "psk" || scenario === "rpk") {
		const conversation = new Conversation(board, crypto, entropy, scenario);
		if (pass === 1) conversation.rehearse();
		else conversation.replay(meter);
	} else if (scenario !== "idle" && pass !== 1) {
		measurePrimitives(crypto, meter, scenario === "primitives");
	}
	meter.sayStack();
}

function makeCrypto(which: BootRecord["crypto"], entropy: Entropy): Crypto {
	if (which === "portable") return new PortableCrypto({ entropy, p256: portableP256 });
	const crypto = openPsaCrypto();
	if (crypto === undefined) throw new Error("this firmware has no native cryptography");
	return crypto;
}

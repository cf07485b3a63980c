/// <reference path="../../../hosts/cortex-m/device/native.d.ts" />
/** What the emulated chip runs for vectors.test.ts: the vectors of every Crypto port, through hosts/psa. */
import type { Natives } from "../../../hosts/cortex-m/device/natives.ts";
import { openPsaCrypto } from "../../../hosts/psa/psa-crypto.ts";
import { cryptoCases } from "../../modules/crypto/conformance.ts";

declare const board: Natives;

const countingPass = 2;

if (JSON.parse(board.bootRecord()).pass === countingPass) {
	const crypto = openPsaCrypto();
	if (crypto === undefined) throw new Error("this firmware has no native cryptography");
	for (const { name, run } of cryptoCases(crypto, { p256Every: 17 })) {
		let failure = "";
		try {
			run();
		} catch (error) {
			failure = String(error);
		}
		board.print(JSON.stringify({ name, failure }));
	}
}

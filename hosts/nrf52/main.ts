import Timer from "timer";
import { PortableCrypto } from "../../modules/crypto/portable.ts";
import { Formats } from "../../modules/formats/format.ts";
import { lwm2mCborFormat } from "../../modules/formats/lwm2m-cbor.ts";
import { opaqueFormat } from "../../modules/formats/opaque.ts";
import { senmlCborFormat } from "../../modules/formats/senml-cbor.ts";
import { textFormat } from "../../modules/formats/text.ts";
import { tlvFormat } from "../../modules/formats/tlv.ts";
import { frozen } from "../../modules/frozen.ts";
import { AccessControl } from "../../modules/lwm2m/access-control.ts";
import { makeBootstrap } from "../../modules/lwm2m/bootstrap.ts";
import { LinkWatch } from "../../modules/lwm2m/link-watch.ts";
import { accessControl } from "../../modules/objects/access-control-2.ts";
import { application } from "../../src/application.ts";
import { retention } from "../../src/retention.ts";
import { sleep } from "../../src/sleep.ts";
import { openNrf52 } from "./host.ts";

/** How long the application waits for a modem and its network before it begins without. */
const patienceMs = 120_000;

/** Called by the SDK once the machine runs. As src/main-compact.ts, but computing in JavaScript and without updates. */
export default function main(): void {
	let hasBegun = false;
	const begin = (): void => {
		if (hasBegun) return;
		hasBegun = true;
		application(host, {
			client: {
				formats: new Formats(frozen([textFormat, opaqueFormat, tlvFormat, senmlCborFormat, lwm2mCborFormat])),
				accessControl: new AccessControl(accessControl),
			},
			bootstrap: makeBootstrap,
			crypto: (entropy) => new PortableCrypto({ entropy }),
			retention,
			sleep,
			linkWatch: LinkWatch,
		});
	};
	const host = openNrf52((isOnline) => {
		if (isOnline) begin();
	});
	Timer.set(begin, patienceMs);
}

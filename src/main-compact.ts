import { Formats } from "../modules/formats/format.ts";
import { lwm2mCborFormat } from "../modules/formats/lwm2m-cbor.ts";
import { opaqueFormat } from "../modules/formats/opaque.ts";
import { senmlCborFormat } from "../modules/formats/senml-cbor.ts";
import { textFormat } from "../modules/formats/text.ts";
import { tlvFormat } from "../modules/formats/tlv.ts";
import { frozen } from "../modules/frozen.ts";
import type { Host } from "../modules/host.ts";
import { AccessControl } from "../modules/lwm2m/access-control.ts";
import { makeBootstrap } from "../modules/lwm2m/bootstrap.ts";
import { LinkWatch } from "../modules/lwm2m/link-watch.ts";
import { accessControl } from "../modules/objects/access-control-2.ts";
import { application } from "./application.ts";
import { firmware } from "./firmware.ts";
import { retention } from "./retention.ts";
import { sleep } from "./sleep.ts";

const formats = frozen(new Formats(frozen([textFormat, opaqueFormat, tlvFormat, senmlCborFormat, lwm2mCborFormat])));

/**
 * The device for chips with small slots and cryptography of their own: without certificates and raw public keys,
 * composite operations, JSON, and software beside the program.
 */
export function compact(host: Host): void {
	application(host, {
		client: { formats, accessControl: new AccessControl(accessControl) },
		bootstrap: makeBootstrap,
		retention,
		sleep,
		linkWatch: LinkWatch,
		firmware,
	});
}
